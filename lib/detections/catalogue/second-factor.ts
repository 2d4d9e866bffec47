// Detections on accounts that stay without a second factor.
import { defineDetection } from '../define.ts';
import { actorWords, resourceWords } from '../reading/fields.ts';
import { BOB, example, numbered, timeline } from './examples.ts';
import { ASANA_EVENTS, technique } from './references.ts';

const DISABLED = 'user_two_factor_auth_disabled';
const ENABLED = 'user_two_factor_auth_enabled';
const HOUR = 60;

const off = example({ type: DISABLED, resource: BOB });
const on = example({ type: ENABLED, resource: BOB });
const CAROL = {
  ...BOB,
  gid: '1201000000000003',
  name: 'Carol Example',
  email: 'carol@example.com',
};
const BY_EMAIL = { resource_type: 'user', email: 'Bob@Example.com' };

export const mfaNotRestored = defineDetection({
  kind: 'absence',
  id: 'asana.user.mfa-not-restored',
  version: 1,
  title: 'Two-factor authentication off and not back on within a day',
  severity: 'medium',
  attack: ['T1556.006'],
  attackV18: ['T1556.006'],
  pattern: { 'detail-type': [DISABLED] },
  groupBy: { type: 'user', by: ['resource.gid', 'resource.email'], missing: 'skip' },
  expected: { pattern: { 'detail-type': [ENABLED] } },
  within: '24h',
  summary: (event) =>
    `Two-factor sign-in of ${resourceWords(event, 'someone unnamed')}, switched off by ${actorWords(event)}, was not switched on again within a day.`,
  triage: [
    'Ask the person in resource within 1 working day whether they have a new device, and have them switch it on again.',
    'Look whether the account signs in through single sign-on only: details.method of its user_login_succeeded events in the 7 days before.',
    'Where actor.gid and resource.gid differ, ask the person in actor who asked for it, and treat it as an attack until they answer.',
    'Read the events of resource.gid since created_at: sign-ins from an unknown context.client_ip_address, authorized apps and tokens, exports.',
  ],
  falsePositives: "People who moved to single sign-on, where the second factor is the provider's.",
  references: [ASANA_EVENTS, technique('T1556.006')],
  examples: {
    alerts: [
      timeline([0, off]),
      timeline([0, on], [1, off]),
      timeline([0, example({ type: DISABLED, resource: numbered('user', 1) })]),
      timeline([0, example({ type: DISABLED, resource: BY_EMAIL })]),
      timeline([0, off], [24 * HOUR + 1, on]),
      timeline([0, off], [1, example({ type: ENABLED, resource: CAROL })]),
      timeline([0, off], [HOUR, on], [2 * HOUR, off]),
    ],
    silent: [
      timeline([0, off], [HOUR, on]),
      timeline([0, off], [24 * HOUR, on]),
      timeline(
        [0, example({ type: DISABLED, resource: { ...BY_EMAIL, gid: null } })],
        [1, example({ type: ENABLED, resource: { ...BY_EMAIL, email: 'bob@example.com' } })],
      ),
      timeline([0, example({ type: DISABLED, resource: null })]),
      timeline([0, on]),
    ],
  },
});
