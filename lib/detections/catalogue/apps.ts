// Detections on apps, tokens and service accounts.
import { defineDetection } from '../define.ts';
import { actor, firstOf, resource, workspace } from '../reading/entity.ts';
import {
  actorWords,
  asText,
  changeWords,
  field,
  resourceWords,
  valueWords,
} from '../reading/fields.ts';
import { isNamed } from '../reading/people.ts';
import { ALICE, BOB, change, example, SERVICE_ACCOUNT_API } from './examples.ts';
import { ASANA_EVENTS, technique } from './references.ts';

const CREATED = 'service_account_created';
const SERVICE_ACCOUNT = { resource_type: 'user', gid: '1201000000000050', name: 'Backup job' };

export const serviceAccountCreated = defineDetection({
  kind: 'match',
  id: 'asana.app.service-account-created',
  version: 1,
  title: 'Service account created',
  severity: 'medium',
  attack: ['T1136.003', 'T1098.001'],
  attackV18: ['T1136.003', 'T1098.001'],
  pattern: { 'detail-type': [CREATED] },
  entity: firstOf(actor, resource),
  summary: (event) =>
    `${actorWords(event)} created or restored the service account ${resourceWords(event, '(not named)')}, whose token passes by single sign-on and two-factor sign-in.`,
  triage: [
    'Ask the person in actor, outside Asana, which integration it is for and who holds the token. Do it within 30 minutes.',
    'If nobody vouches for it: delete the service account in the admin console, which revokes its token.',
    'Read all events since created_at whose context.api_authentication_method is service_account: exports, and reads from an unknown context.client_ip_address.',
    'Look at its scopes in the admin console: full permissions read every private project.',
  ],
  falsePositives:
    'A planned integration. Restoring a deleted service account writes the same event.',
  references: [ASANA_EVENTS, technique('T1136.003'), technique('T1098.001')],
  examples: {
    alerts: [
      example({ type: CREATED, resource: SERVICE_ACCOUNT }),
      example({ type: CREATED, resource: null, actor: { actor_type: 'external_administrator' } }),
    ],
    silent: [
      example({ type: 'service_account_deleted', resource: SERVICE_ACCOUNT }),
      example({
        type: 'service_account_name_changed',
        resource: SERVICE_ACCOUNT,
        context: SERVICE_ACCOUNT_API,
      }),
    ],
  },
});

/** The service account itself, as it shows when it calls. */
const ACCOUNT = { actor_type: 'user', gid: '1201000000000050', name: 'Backup job' };

export const serviceAccountUnlisted = defineDetection({
  kind: 'match',
  id: 'asana.app.service-account-unlisted',
  version: 1,
  title: 'API call by a service account not in the inventory',
  severity: 'high',
  // Without an inventory the only finding is a caller nobody could list: odd, and no more than that.
  severityOf: (_event, { serviceAccounts = [] }) => (serviceAccounts.length > 0 ? 'high' : 'low'),
  lists: { serviceAccounts: [] },
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
  // The inventory is configured, so no rule can hold it: that would take a deployment for each new account. While it is
  // empty every account that has a gid or an address counts as listed, so that an upgrade pages nobody.
  when: (event, { serviceAccounts = [] }) =>
    serviceAccounts.length > 0
      ? !isNamed(event, 'actor', serviceAccounts)
      : (asText(field(event, 'actor', 'gid')) ?? asText(field(event, 'actor', 'email'))) ===
        undefined,
  entity: actor,
  summary: (event) =>
    `${actorWords(event)} called the API with the token of a service account that is not in the inventory: ${valueWords(event.event_type)}, ${resourceWords(event)}.`,
  triage: [
    'Compare actor.gid with the service accounts in the admin console within 30 minutes: who made it (service_account_created, up to 90 days back), and for what.',
    'If nobody knows it: delete the service account in the admin console, which revokes its token, then look for what it made or changed.',
    'Read all events of actor.gid in the 24 hours before and after: exports, downloads, members added, each context.client_ip_address.',
    'If it is known: add its gid to the list serviceAccounts, with the owner in your own records.',
  ],
  falsePositives:
    'A new integration that nobody has listed yet. While the list serviceAccounts (gids or e-mails) is empty, only a call whose actor carries neither gid nor e-mail alerts, and is low.',
  references: [ASANA_EVENTS, technique('T1078.004'), technique('T1550.001')],
  examples: {
    alerts: [
      example({ type: 'task_deleted', actor: null, context: SERVICE_ACCOUNT_API }),
      example({
        type: 'attachment_downloaded',
        actor: { actor_type: 'user', gid: null, email: ' ' },
        resource: null,
        context: { context_type: 'api', api_authentication_method: 'SERVICE_ACCOUNT' },
      }),
    ],
    silent: [
      example({ type: 'task_deleted', actor: ACCOUNT, context: SERVICE_ACCOUNT_API }),
      example({ type: 'task_deleted', actor: null }),
      example({
        type: 'task_deleted',
        actor: { actor_type: 'user', email: 'backup@example.com' },
        context: SERVICE_ACCOUNT_API,
      }),
      example({
        type: 'task_deleted',
        actor: null,
        context: { context_type: 'api', api_authentication_method: 'oauth' },
      }),
    ],
  },
});

const DELETED = 'service_account_deleted';
const RENAMED = 'service_account_name_changed';

export const serviceAccountRemoved = defineDetection({
  kind: 'match',
  id: 'asana.app.service-account-removed',
  version: 1,
  title: 'Service account deleted or renamed',
  severity: 'critical',
  // Without its service account this very feed falls silent.
  severityOf: (event, { collectors = [] }) =>
    isNamed(event, 'resource', collectors) ? 'critical' : 'low',
  lists: { collectors: [] },
  attack: ['T1531', 'T1685.002'],
  attackV18: ['T1531', 'T1562.008'],
  pattern: { 'detail-type': [DELETED, RENAMED] },
  entity: firstOf(workspace, resource),
  summary: (event) => {
    const isRename = field(event, 'event_type') === RENAMED;
    const words = isRename
      ? ` ${changeWords(event)}, so that lists and eyes may miss it`
      : ': its token stops working at once';
    return `${actorWords(event)} ${isRename ? 'renamed' : 'deleted'} the service account ${resourceWords(event, '(not named)')}${words}.`;
  },
  triage: [
    "Check within 15 minutes whether resource.gid is the account that reads this audit log: the poller's alarms say so too. If it is, make a new account and store its token before anything else.",
    'Ask the person in actor, outside Asana, why it was done. Do it within 4 hours.',
    'Look which integration used it, and whether backups or provisioning have stopped since created_at.',
    'For a new name: compare it with the names of accounts you trust, and read all events whose actor.gid is resource.gid in the 24 hours since.',
  ],
  falsePositives:
    'Rotation and tidying up. Put the account that reads the audit log (its gid) on the list collectors: only its removal is critical.',
  references: [ASANA_EVENTS, technique('T1531'), technique('T1685.002')],
  examples: {
    alerts: [
      example({ type: DELETED, resource: SERVICE_ACCOUNT }),
      change(RENAMED, null, 'Asana Support', { resource: SERVICE_ACCOUNT }),
      example({ type: DELETED, resource: null, actor: { actor_type: 'asana_support' } }),
    ],
    silent: [
      example({ type: CREATED, resource: SERVICE_ACCOUNT }),
      example({ type: 'user_deprovisioned', resource: BOB }),
    ],
  },
});

const TOKEN_MADE = 'user_personal_access_token_authorized';

export const tokenCreated = defineDetection({
  kind: 'match',
  id: 'asana.app.pat-created',
  version: 1,
  title: 'Personal access token created',
  severity: 'medium',
  severityOf: (event, { admins = [] }) => (isNamed(event, 'actor', admins) ? 'medium' : 'low'),
  lists: { admins: [] },
  attack: ['T1098.001', 'T1528'],
  attackV18: ['T1098.001', 'T1528'],
  pattern: { 'detail-type': [TOKEN_MADE] },
  entity: actor,
  summary: (event) =>
    `${actorWords(event)} created a personal access token, which works without a sign-in or second factor until it is revoked.`,
  triage: [
    'Ask the person in actor, outside Asana, what the token is for and where it is kept. Do it within 1 working day; within 1 hour for an administrator.',
    'If they did not make it: revoke it in the admin console, sign the account out of all sessions and reset its password.',
    'Read the events of actor.gid in the 2 hours before: a sign-in from an unknown context.client_ip_address, a password reset, two-factor sign-in switched off.',
    'Read events of actor.gid since created_at whose context.api_authentication_method is personal_access_token: what the token is used for, and from where.',
  ],
  falsePositives:
    'Developers. Put administrators (gid or e-mail) on the list admins, so that theirs stand out as medium.',
  references: [ASANA_EVENTS, technique('T1098.001'), technique('T1528')],
  examples: {
    alerts: [
      example({ type: TOKEN_MADE, resource: { ...ALICE, resource_type: 'user' } }),
      example({ type: TOKEN_MADE, resource: null, actor: { actor_type: 'user' } }),
    ],
    silent: [
      example({ type: 'user_personal_access_token_revoked' }),
      example({ type: 'user_app_authorized', details: { app_type: 'oauth' } }),
      example({ type: 'workspace_personal_access_token_enabled' }),
    ],
  },
});
