// Puts an audit log event into the frame that a rule's target receives, for tests that start behind the bus.

import type { Alert } from '../../lib/contract/alert.ts';
import type { AuditLogEvent, BusEvent, Origin } from '../../lib/contract/bus-event.ts';
import { ALERT_DETAIL_TYPES, ALERT_SOURCE, AUDIT_LOG_SOURCE } from '../../lib/contract/sources.ts';

interface FrameOptions {
  readonly workspaceGid?: string;
  readonly origin?: Origin;
  readonly replayName?: string;
  readonly time?: string;
  readonly detailType?: string;
}

function frame(source: string, detailType: string, time: string, options: FrameOptions) {
  return {
    version: '0' as const,
    id: '00000000-0000-0000-0000-000000000000',
    'detail-type': detailType,
    source,
    account: '123456789012',
    time,
    region: 'eu-west-1',
    resources: [],
    ...(options.replayName === undefined ? {} : { 'replay-name': options.replayName }),
  };
}

export function busEvent(data: AuditLogEvent, options: FrameOptions = {}): BusEvent {
  const time = options.time ?? `${(data.created_at ?? '2026-10-05T09:00:00').slice(0, 19)}Z`;
  return {
    ...frame(AUDIT_LOG_SOURCE, data.event_type ?? 'unknown', time, options),
    detail: {
      metadata: {
        schemaVersion: '1',
        workspaceGid: options.workspaceGid ?? '1200000000000001',
        origin: options.origin ?? 'live',
        publishedAt: '2026-10-05T09:01:00.000Z',
      },
      data,
    },
  };
}

/** An alert as a sink's queue delivers it. */
export function alertEvent(alert: Alert, options: FrameOptions = {}): Record<string, unknown> {
  const { opened, updated } = ALERT_DETAIL_TYPES;
  const type = options.detailType ?? (alert.revision === 1 ? opened : updated);
  return {
    ...frame(ALERT_SOURCE, type, '2026-10-05T09:05:00Z', options),
    detail: {
      metadata: {
        schemaVersion: '1',
        workspaceGid: alert.workspaceGid,
        publishedAt: '2026-10-05T09:05:00.000Z',
      },
      data: alert,
    },
  };
}

/** The body that the detection rules' input template makes. */
export function detectBody(detectionId: string, event: BusEvent): string {
  return JSON.stringify({ detectionId, event });
}
