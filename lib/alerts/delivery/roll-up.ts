// One message instead of a storm of them: which alerts it stands for, by detection. Pure.
// When a minute is a storm is storm-guard.ts's to say.
import { SEVERITIES, type Severity } from '../../contract/alert.ts';

export interface RolledAlert {
  readonly detectionId: string;
  readonly title: string;
  readonly severity: Severity;
}

export interface CountedDetection extends RolledAlert {
  readonly count: number;
}

export interface RollUp {
  /** Start of the minute, milliseconds since the epoch. */
  readonly minute: number;
  /** As the sink's `destination` says. */
  readonly destination: string;
  /** Alerts in all. */
  readonly alerts: number;
  readonly byDetection: readonly CountedDetection[];
}

/** The most severe detection first, then the most frequent; each with the highest severity it came with. */
export function countByDetection(alerts: readonly RolledAlert[]): CountedDetection[] {
  const counted = new Map<string, CountedDetection>();
  for (const { detectionId, title, severity } of alerts) {
    const known = counted.get(detectionId);
    const isHigher = known === undefined || rank(severity) > rank(known.severity);
    counted.set(detectionId, {
      detectionId,
      title: known?.title ?? title,
      severity: isHigher ? severity : known.severity,
      count: (known?.count ?? 0) + 1,
    });
  }
  return [...counted.values()].sort(
    (a, b) =>
      rank(b.severity) - rank(a.severity) ||
      b.count - a.count ||
      (a.detectionId < b.detectionId ? -1 : 1),
  );
}

const rank = (severity: Severity) => SEVERITIES.indexOf(severity);
