// What a day was like: alerts by severity and detection, what staged detections would have raised, suppressions about to
// expire, event types never seen before. Pure; where it comes from is source.ts's, how it is sent send.ts's.
import { type AlertStatus, SEVERITIES, type Severity } from '../../contract/alert.ts';
import { type CountedDetection, countByDetection } from '../delivery/roll-up.ts';

/** An alert as far as a digest goes. */
export interface DigestAlert {
  readonly detectionId: string;
  readonly title: string;
  readonly severity: Severity;
  readonly status: AlertStatus;
}

/** A suppression whose exception ends soon. */
export interface ExpiringSuppression {
  readonly id: string;
  readonly detectionId: string;
  readonly owner: string;
  readonly reason: string;
  /** ISO 8601 UTC. */
  readonly expiresAt: string;
}

export interface NewEventType {
  readonly workspaceGid: string;
  readonly type: string;
}

export interface Digest {
  /** Milliseconds since the epoch: the 24 hours before it are told. */
  readonly until: number;
  /** Alerts that were delivered, in all. */
  readonly active: number;
  readonly bySeverity: ReadonlyArray<{ readonly severity: Severity; readonly count: number }>;
  readonly byDetection: readonly CountedDetection[];
  /** Every staged detection, with the alerts it would have raised. */
  readonly staged: readonly CountedDetection[];
  readonly suppressed: number;
  readonly expiring: readonly ExpiringSuppression[];
  readonly newTypes: readonly NewEventType[];
  /** Nothing to tell but that. */
  readonly isQuiet: boolean;
}

export interface DigestFacts {
  readonly until: number;
  /** All that were raised within the 24 hours. */
  readonly alerts: readonly DigestAlert[];
  /** Detections that are staged now. */
  readonly stagedDetections: ReadonlyArray<Pick<DigestAlert, 'detectionId' | 'title' | 'severity'>>;
  readonly expiring: readonly ExpiringSuppression[];
  readonly newTypes: readonly NewEventType[];
}

export function digestOf(facts: DigestFacts): Digest {
  const { until, alerts, stagedDetections, expiring, newTypes } = facts;
  const of = (status: AlertStatus) => alerts.filter((alert) => alert.status === status);
  const active = of('active');
  const raised = countByDetection(of('staged'));
  const quietOnes = stagedDetections
    .filter(({ detectionId }) => raised.every((each) => each.detectionId !== detectionId))
    .map((detection) => ({ ...detection, count: 0 }));
  return {
    until,
    active: active.length,
    bySeverity: SEVERITIES.toReversed().flatMap((severity) => {
      const count = active.filter((alert) => alert.severity === severity).length;
      return count === 0 ? [] : [{ severity, count }];
    }),
    byDetection: countByDetection(active),
    staged: [...raised, ...quietOnes],
    suppressed: of('suppressed').length,
    expiring: expiring.toSorted((a, b) => (a.expiresAt < b.expiresAt ? -1 : 1)),
    newTypes,
    isQuiet: alerts.length === 0 && expiring.length === 0 && newTypes.length === 0,
  };
}
