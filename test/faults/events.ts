// The logs of the harness: everyday events with some among them that raise alerts of every kind of detection.
import type { Random } from '../../lib/local/simulator/random.ts';
import { quietEvent, samlWeakened, type TestEvent } from '../support/audit-log-events.ts';

/** Events a second or so apart, oldest first, the last one a minute before `now`. @param from number of the first */
export function eventsFor(random: Random, many: number, now: number, from = 0): TestEvent[] {
  const entities = random.int(1, 3);
  const begin = now - 60_000 - many * 1_000;
  return Array.from({ length: many }, (_, index) => {
    const number = from + index;
    const at = { created_at: new Date(begin + index * 1_000 + random.int(0, 999)).toISOString() };
    const kind = random.weighted([
      [10, 'quiet'],
      [1, 'saml'],
      [0.7, 'failed'],
      [0.3, 'login'],
      [0.1, 'mfa'],
      [0.1, 'app'],
    ] as const);
    const user = { resource_type: 'user', gid: String(7_000 + random.int(1, 2)), name: 'Bob' };
    if (kind === 'saml') return { ...samlWeakened(number, String(random.int(1, entities))), ...at };
    if (kind === 'failed') {
      return quietEvent(number, { ...at, event_type: 'user_login_failed', resource: user });
    }
    if (kind === 'mfa') {
      const type = 'user_two_factor_auth_disabled';
      return quietEvent(number, { ...at, event_type: type, resource: user });
    }
    if (kind === 'app') {
      const context = { context_type: 'api', oauth_app_name: `App ${random.int(1, 3)}` };
      return quietEvent(number, { ...at, context });
    }
    if (kind === 'login') return quietEvent(number, { ...at, resource: user });
    return quietEvent(number, { ...at, event_type: 'user_logged_out' });
  });
}
