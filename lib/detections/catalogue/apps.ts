// Detections on apps, tokens and service accounts.
import { defineDetection } from '../define.ts';
import { actor, firstOf, resource } from '../entity.ts';
import { actorWords, resourceWords } from '../fields.ts';
import { example, SERVICE_ACCOUNT_API } from './examples.ts';
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
