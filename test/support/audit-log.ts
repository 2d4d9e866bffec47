// Audit log events by the hundred, plain and valid, for tests that only count and compare.
import type { AuditLogEvent } from '../../lib/contract/bus-event.ts';

const FIRST_GID = 1_209_000_000_000_000n;

interface SampleOptions {
  /** @default an hour ago */
  readonly from?: number;
  /** Milliseconds between two events. @default 1000 */
  readonly step?: number;
  /** Of the first gid. @default 0 */
  readonly offset?: number;
}

export function sampleGid(index: number): string {
  return String(FIRST_GID + BigInt(index));
}

export function sampleEvents(count: number, options: SampleOptions = {}): AuditLogEvent[] {
  const { from = Date.now() - 3_600_000, step = 1_000, offset = 0 } = options;
  return Array.from({ length: count }, (_, index) => ({
    gid: sampleGid(offset + index),
    created_at: new Date(from + index * step).toISOString(),
    event_type: 'user_login_succeeded',
    event_category: 'logins',
    actor: { actor_type: 'user', gid: '1201', name: 'Ada', email: 'ada@example.com' },
    resource: { resource_type: 'user', gid: '1201', name: 'Ada', email: 'ada@example.com' },
    details: { method: ['SAML'], new_value: `value ${index}` },
    context: { context_type: 'web', client_ip_address: '192.0.2.1', user_agent: 'Mozilla/5.0' },
  }));
}
