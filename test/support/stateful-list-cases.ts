// What detections that keep a state say once their lists are configured, which their own examples cannot show.
// Those of one event are list-cases.ts's.
import type { Severity } from '../../lib/contract/alert.ts';
import {
  ALICE,
  BOB,
  example,
  numbered,
  repeated,
  SERVICE_ACCOUNT_API,
  spread,
  timeline,
} from '../../lib/detections/catalogue/examples.ts';
import type { Example, Lists } from '../../lib/detections/define.ts';

export interface StatefulListCase {
  readonly id: string;
  readonly lists: Lists;
  readonly example: Example;
  /** The severity of the alert; undefined for silence. */
  readonly raises: Severity | undefined;
}

const PERSON = (index: number) => ({ ...numbered('user', index), actor_type: 'user' });
const OFFICE = { officeAddresses: [' 192.0.2.10 '] };
const failure = (index: number) =>
  example({ type: 'user_login_failed', resource: numbered('user', index) });
const KNOWN_APP = { allowedApps: ['1207000000000009'] };
const authorized = (index: number, app_gid = '1207000000000009') =>
  example({ type: 'user_app_authorized', actor: PERSON(index), details: { app_gid } });
const DAY = 24 * 60;
const robotCall = (client_ip_address: string) =>
  example({
    type: 'task_deleted',
    context: { ...SERVICE_ACCOUNT_API, client_ip_address },
  });
const removal = (index: number, context = {}) =>
  example({ type: 'user_deprovisioned', resource: numbered('user', index), context });
const invitation = (index: number) =>
  example({ type: 'user_invited', resource: numbered('user', index) });
const afterReset = (last: Parameters<typeof example>[0]) =>
  timeline(
    [0, example({ type: 'user_password_reset', resource: BOB })],
    [1, example({ type: 'user_login_succeeded', resource: BOB })],
    [2, example({ actor: { ...BOB, actor_type: 'user' }, ...last })],
  );
const thenReads = (details: object) =>
  timeline(
    [0, example({ type: 'user_app_authorized', details: { ...details } })],
    ...repeated(20, 1, 1, example({ type: 'attachment_downloaded', context: SERVICE_ACCOUNT_API })),
  );

const cases: ReadonlyArray<readonly [string, Lists, Example, Severity | undefined]> = [
  ['asana.login.brute-force-ip', {}, spread(20, 5, failure), 'medium'],
  ['asana.login.brute-force-ip', OFFICE, spread(20, 5, failure), 'low'],
  ['asana.login.password-spray', {}, spread(8, 5, failure), 'high'],
  ['asana.login.password-spray', OFFICE, spread(8, 5, failure), 'medium'],
  [
    'asana.login.password-spray',
    { officeAddresses: ['192.0.2.0/24'] },
    spread(8, 5, failure),
    'medium',
  ],
  [
    'asana.user.reset-burst',
    OFFICE,
    spread(5, 5, (index) =>
      example({ type: 'user_password_reset', resource: numbered('user', index) }),
    ),
    'low',
  ],
  ['asana.app.consent-wave', KNOWN_APP, spread(6, 5, (index) => authorized(index)), undefined],
  ['asana.app.consent-wave', KNOWN_APP, spread(6, 5, (index) => authorized(index, '8')), 'high'],
  [
    'asana.app.new-oauth-app',
    KNOWN_APP,
    timeline([0, authorized(1, '7')], [8 * DAY, authorized(1)]),
    undefined,
  ],
  [
    'asana.app.new-oauth-app',
    KNOWN_APP,
    timeline([0, authorized(1, '7')], [8 * DAY, authorized(1, '8')]),
    'medium',
  ],
  [
    'asana.app.service-account-new-ip',
    { knownNetworks: ['203.0.113.0/24', 'office'] },
    timeline([0, robotCall('198.51.100.7')], [8 * DAY, robotCall('203.0.113.9')]),
    undefined,
  ],
  [
    'asana.app.service-account-new-ip',
    { knownNetworks: ['203.0.113.200'] },
    timeline([0, robotCall('198.51.100.7')], [8 * DAY, robotCall('203.0.112.9')]),
    'high',
  ],
  [
    'asana.user.takeover-chain',
    KNOWN_APP,
    afterReset({ type: 'user_app_authorized', details: { app_gid: 1207000000000009 } }),
    undefined,
  ],
  [
    'asana.user.takeover-chain',
    KNOWN_APP,
    afterReset({ type: 'user_app_authorized', details: { app_gid: '8' } }),
    'low',
  ],
  [
    'asana.app.token-then-bulk-read',
    KNOWN_APP,
    thenReads({ app_gid: '1207000000000009' }),
    undefined,
  ],
  ['asana.app.token-then-bulk-read', KNOWN_APP, thenReads({ app_gid: '8' }), 'high'],
  ['asana.user.invite-burst', {}, spread(25, 5, invitation), 'medium'],
  [
    'asana.user.invite-burst',
    { provisioners: ['ALICE@example.com'] },
    spread(25, 5, invitation),
    'low',
  ],
  [
    'asana.user.deprovision-burst',
    { provisioners: [String(ALICE['gid'])] },
    spread(10, 5, (index) => removal(index)),
    'low',
  ],
  [
    'asana.user.deprovision-burst',
    { provisioners: ['somebody@example.com'] },
    spread(10, 5, (index) => removal(index, SERVICE_ACCOUNT_API)),
    'high',
  ],
  [
    'asana.role.admins-removed',
    { admins: [String(numbered('user', 0)['gid']), String(numbered('user', 1)['gid'])] },
    spread(2, 5, (index) => removal(index)),
    'high',
  ],
  [
    'asana.role.admins-removed',
    { admins: [String(numbered('user', 0)['gid'])] },
    spread(2, 5, (index) => removal(index)),
    undefined,
  ],
];

export const STATEFUL_LIST_CASES: readonly StatefulListCase[] = cases.map(
  ([id, lists, example_, raises]) => ({ id, lists, example: example_, raises }),
);
