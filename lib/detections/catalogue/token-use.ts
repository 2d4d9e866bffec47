// Detections on what is done with tokens: where service accounts call from, what a new token is used for.
import { defineDetection } from '../define.ts';
import { actorWords, asText, field, valueWords } from '../reading/fields.ts';
import { BY_ACTOR, BY_PERSON_ACTING } from '../reading/groups.ts';
import { isNetworkListed, networkOf } from '../reading/networks.ts';
import {
  ALICE,
  example,
  GID_ONLY,
  numbered,
  repeated,
  SERVICE_ACCOUNT_API,
  timeline,
  WEB,
} from './examples.ts';
import { ASANA_EVENTS, technique } from './references.ts';

const DAY = 24 * 60;
type Part = Readonly<Record<string, unknown>>;
const ROBOT = { actor_type: 'user', gid: '1201000000000050', name: 'Backup job' };
const call = (client_ip_address: unknown, actor: Part | null = ROBOT, context: Part = {}) =>
  example({
    type: 'attachment_downloaded',
    actor,
    resource: numbered('attachment', 1),
    context: { ...SERVICE_ACCOUNT_API, client_ip_address, ...context },
  });
const HOME = '198.51.100.7';
const BY_EMAIL = { actor_type: 'user', gid: null, email: 'Robot@Example.com' };

export const serviceAccountNewIp = defineDetection({
  kind: 'newValue',
  id: 'asana.app.service-account-new-ip',
  version: 2,
  title: 'Service account used from a new network',
  severity: 'high',
  lists: { knownNetworks: [] },
  attack: ['T1078.004', 'T1550.001'],
  attackV18: ['T1078.004', 'T1550.001'],
  pattern: {
    'detail-type': [{ exists: true }],
    // The only mark of a service account: there is no actor_type of that name.
    detail: {
      data: {
        context: { api_authentication_method: [{ 'equals-ignore-case': 'service_account' }] },
      },
    },
  },
  when: (event, { knownNetworks = [] }) =>
    !isNetworkListed(asText(field(event, 'context', 'client_ip_address')) ?? '', knownNetworks),
  groupBy: BY_ACTOR,
  value: { by: ['context.client_ip_address'], as: networkOf, missing: 'skip' },
  learn: '7d',
  // Rather than 30 days, so that what runs once a month is known, in months of 31 days too.
  forget: '90d',
  summary: (event) =>
    `The service account ${actorWords(event)} was used from ${valueWords(field(event, 'context', 'client_ip_address'))}, a network it had not been used from in the 90 days before: ${valueWords(field(event, 'event_type'))}.`,
  triage: [
    'Ask the owner of the integration within 30 minutes whether it has moved: a new host, another region of the cloud.',
    'If it has not: the token is in other hands. Replace it in the admin console, which ends the old one.',
    'Look up who holds context.client_ip_address (whois): the cloud that the integration runs in, or somebody else.',
    'Read all events of actor.gid from that context.client_ip_address in the 7 days before and since: what was read, exported, changed.',
  ],
  falsePositives:
    'A cloud that changes its way out. Put its CIDR ranges on the list knownNetworks; a single address there stands for its /24 (IPv4) or /48 (IPv6).',
  references: [ASANA_EVENTS, technique('T1078.004'), technique('T1550.001')],
  examples: {
    alerts: [
      timeline([0, call(HOME)], [7 * DAY, call('203.0.113.9')]),
      timeline([0, call('2001:DB8:4a::1')], [8 * DAY, call('2001:db8:4b::1')]),
      timeline(
        [0, call(HOME)],
        [1 * DAY, call('203.0.113.9')],
        [80 * DAY, call('203.0.113.9')],
        [90 * DAY, call(HOME)],
      ),
      timeline([0, call(HOME, BY_EMAIL)], [8 * DAY, call('203.0.113.9', BY_EMAIL)]),
      timeline([0, call(HOME, null)], [8 * DAY, call('203.0.113.9', null)]),
      timeline(
        [0, call(HOME)],
        [8 * DAY, call('203.0.113.9', ROBOT, { api_authentication_method: 'SERVICE_ACCOUNT' })],
      ),
      timeline(
        [0, call(HOME, { actor_type: 'user' })],
        [8 * DAY, call('203.0.113.9', { actor_type: 'user' })],
      ),
    ],
    silent: [
      timeline([0, call(HOME)], [8 * DAY, call('198.51.100.250')]),
      timeline([0, call('2001:db8:4a::1')], [8 * DAY, call('2001:0DB8:004a:ffff::2')]),
      timeline([0, call(HOME)], [8 * DAY, call('::ffff:c633:6407')]),
      timeline([0, call(HOME)], [7 * DAY - 1, call('203.0.113.9')]),
      timeline(
        [0, call(HOME)],
        [1 * DAY, call('203.0.113.9')],
        [60 * DAY, call(HOME)],
        [91 * DAY - 1, call('203.0.113.9')],
      ),
      timeline([0, call(HOME)], [8 * DAY, call(null)]),
      timeline([0, call(HOME)], [8 * DAY, call('not an address')]),
      timeline([0, call(HOME)], [8 * DAY, call('203.0.113.9', ALICE)]),
      timeline([0, call(HOME, GID_ONLY[0])], [8 * DAY, call('203.0.113.9', GID_ONLY[1])]),
      timeline(
        [0, call(HOME, BY_EMAIL)],
        [8 * DAY, call('203.0.113.9', { ...BY_EMAIL, email: 'x@y.io' })],
      ),
      timeline([0, call(HOME, null)], [8 * DAY, call('203.0.113.9', { actor_type: 'user' })]),
      timeline(
        [0, call(HOME, ROBOT, { api_authentication_method: 'oauth' })],
        [8 * DAY, call('203.0.113.9', ROBOT, { api_authentication_method: 'oauth' })],
      ),
    ],
  },
});

const TOKEN = 'user_personal_access_token_authorized';
const APP = 'user_app_authorized';
const READS = [
  'attachment_downloaded',
  'project_csv_export_started',
  'search_report_export_started',
  'object_export_started',
];
const API = { ...WEB, context_type: 'api', api_authentication_method: 'personal_access_token' };
const made = (type = TOKEN, details: Part = {}, actor: Part | null = ALICE) =>
  example({ type, actor, details });
const read = (index: number, type = 'attachment_downloaded', context: Part = API) =>
  example({ type, resource: numbered('attachment', index), context });
const reads = (count: number, from: number, apart: number, type?: string) =>
  repeated(count, from, apart, (index) => read(index, type));

export const tokenThenBulkRead = defineDetection({
  kind: 'sequence',
  id: 'asana.app.token-then-bulk-read',
  version: 1,
  title: 'New token, then bulk export or download',
  severity: 'high',
  // Reading by hand after an app was let in is work; reading by a token is what the token was made for.
  severityOf: (event) =>
    asText(field(event, 'context', 'context_type'))?.toLowerCase() === 'api' ||
    asText(field(event, 'context', 'api_authentication_method')) !== undefined
      ? 'high'
      : 'medium',
  lists: { allowedApps: [] },
  attack: ['T1098.001', 'T1119', 'T1213'],
  attackV18: ['T1098.001', 'T1119', 'T1213'],
  groupBy: BY_PERSON_ACTING,
  within: '60m',
  steps: [
    {
      name: 'token',
      pattern: { 'detail-type': [TOKEN, APP] },
      when: (event, { allowedApps = [] }) =>
        !allowedApps.includes(asText(field(event, 'details', 'app_gid')) ?? ''),
    },
    { name: 'reads', pattern: { 'detail-type': READS }, atLeast: 20 },
  ],
  summary: (event, { count }) =>
    `${actorWords(event)} made a token or let an app in, and within an hour ${Math.max(1, count - 1)} files or exports were taken in that name.`,
  triage: [
    'Ask the person in actor, by phone or in person, what the token or app is for. Do it within 30 minutes.',
    'If they do not know it: revoke it in the admin console, sign the account out of all sessions and reset its password.',
    'Read the reads (context.oauth_app_name, context.api_authentication_method, resource): which projects and files are gone, and to which context.client_ip_address.',
    'Read the events of actor.gid in the 24 hours before: how that account signed in, and whether its password or second factor was reset.',
  ],
  falsePositives:
    'A migration or a backup that is being set up. Put the gids of apps you know on the list allowedApps, and their authorization does not count.',
  references: [ASANA_EVENTS, technique('T1098.001'), technique('T1119'), technique('T1213')],
  examples: {
    alerts: [
      ...READS.map((type) => timeline([0, made()], ...reads(20, 1, 1, type))),
      timeline([0, made(APP, { app_gid: '7', app_name: 'Sync' })], ...reads(20, 40, 1)),
      timeline(
        [0, made(TOKEN, {}, GID_ONLY[0])],
        ...repeated(20, 1, 1, (index) => ({ ...read(index), actor: GID_ONLY[0] })),
      ),
      timeline(
        [0, made(APP, { app_gid: null }, { actor_type: 'user', email: 'ALICE@example.com' })],
        ...repeated(20, 1, 0, (index) => ({
          ...read(index, 'attachment_downloaded', WEB),
          actor: { actor_type: 'user', email: 'alice@example.com' },
        })),
      ),
    ],
    silent: [
      timeline([0, made()], ...reads(19, 1, 1)),
      timeline([0, made()], ...reads(20, 41, 1)),
      timeline(...reads(20, 0, 1), [21, made()]),
      timeline(...reads(25, 0, 1)),
      timeline([0, made(TOKEN, {}, ROBOT)], ...reads(20, 1, 1)),
      timeline([0, made('user_app_revoked')], ...reads(20, 1, 1)),
      timeline([0, made()], ...reads(20, 1, 1, 'attachment_uploaded')),
      timeline(
        [0, made(TOKEN, {}, null)],
        ...repeated(20, 1, 1, (index) => ({ ...read(index), actor: { actor_type: 'user' } })),
      ),
    ],
  },
});
