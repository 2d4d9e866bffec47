// Detections on many sign-ins together: guessing a password, and guessing it right.
import { defineDetection, type GroupBy } from '../define.ts';
import { asText, field, resourceWords, valueWords } from '../reading/fields.ts';
import { BOB, example, numbered, repeated, spread, timeline } from './examples.ts';
import { ASANA_EVENTS, technique } from './references.ts';

const FAILED = 'user_login_failed';
const SUCCEEDED = 'user_login_succeeded';
const CAROL = {
  resource_type: 'user',
  gid: '1201000000000003',
  name: 'Carol Example',
  email: 'carol@example.com',
};
const BY_EMAIL = { resource_type: 'user', email: 'Bob@Example.com' };
const NOBODY = { actor_type: 'anonymous' };

/** The account that is tried, never the actor: whoever fails to sign in may be anonymous. */
const triedAccount = (missing: 'skip' | 'own-group'): GroupBy => ({
  type: 'user',
  by: ['resource.gid', 'resource.email'],
  missing,
});

const failure = (resource: Readonly<Record<string, unknown>> | null = BOB) =>
  example({ type: FAILED, actor: NOBODY, resource });
const success = (resource: Readonly<Record<string, unknown>> = BOB) =>
  example({ type: SUCCEEDED, actor: { ...resource, actor_type: 'user' }, resource });

function fromWords(address: unknown): string {
  return asText(address) === undefined ? '' : ` from ${valueWords(address)}`;
}

export const bruteForceUser = defineDetection({
  kind: 'threshold',
  id: 'asana.login.brute-force-user',
  version: 1,
  title: 'Repeated failed logins for one user',
  severity: 'medium',
  attack: ['T1110.001'],
  attackV18: ['T1110.001'],
  pattern: { 'detail-type': [FAILED] },
  groupBy: triedAccount('own-group'),
  atLeast: 10,
  within: '15m',
  summary: (event, { count }) =>
    `${count} sign-ins to the account of ${resourceWords(event, 'someone unnamed')} failed within a short time, the latest${fromWords(field(event, 'context', 'client_ip_address'))}.`,
  triage: [
    'Look within 30 minutes whether a user_login_succeeded event of resource.gid follows: then somebody has guessed right, and the account is to be signed out of all sessions and its password reset.',
    'Compare context.client_ip_address and context.user_agent of the failures with those of the successful sign-ins of resource.gid in the 30 days before.',
    'Look whether the same context.client_ip_address fails for other accounts within the hour: then it is a spray, and the address is to be blocked.',
    'Ask the person in resource whether they or one of their devices tried.',
  ],
  falsePositives:
    'An expired single sign-on session that retries, a password manager with an old password, an identity provider that was just reconfigured: then many accounts fail at once.',
  references: [ASANA_EVENTS, technique('T1110.001')],
  examples: {
    alerts: [
      timeline(...repeated(10, 0, 1, failure())),
      timeline(...repeated(10, 0, 1, failure(BY_EMAIL))),
      timeline(...repeated(5, 0, 0, failure()), [7, success()], ...repeated(5, 14, 0, failure())),
      timeline(...repeated(10, 0, 0, failure(null))),
      timeline(
        ...repeated(10, 0, 1, (index) =>
          failure({
            ...BOB,
            gid: index % 2 ? '1201000000000002' : (1201000000000002 as unknown),
          }),
        ),
      ),
    ],
    silent: [
      timeline(...repeated(9, 0, 1, failure())),
      spread(10, 15, failure()),
      timeline(...repeated(9, 0, 0, failure(null))),
      spread(18, 5, (index) => failure(numbered('user', index % 2))),
      spread(18, 5, (index) =>
        failure({ resource_type: 'user', email: `person${index % 2}@example.com` }),
      ),
      timeline(...repeated(18, 0, 0, (index) => failure(index % 2 ? BOB : CAROL))),
      timeline(...repeated(12, 0, 1, success())),
    ],
  },
});

export const successAfterFailures = defineDetection({
  kind: 'sequence',
  id: 'asana.login.success-after-failures',
  version: 1,
  title: 'Successful login after a burst of failures',
  // High wherever it comes from: an address says little of who holds it without knowledge of networks, and whoever guesses from
  // a victim's own network, or from one address after another, is not to be taken for somebody who mistyped.
  severity: 'high',
  attack: ['T1110', 'T1078.004'],
  attackV18: ['T1110', 'T1078.004'],
  groupBy: triedAccount('skip'),
  within: '30m',
  steps: [
    { name: 'failures', pattern: { 'detail-type': [FAILED] }, atLeast: 5 },
    { name: 'success', pattern: { 'detail-type': [SUCCEEDED] } },
  ],
  summary: (event, { count }) =>
    `${resourceWords(event, 'Someone unnamed')} signed in${fromWords(field(event, 'context', 'client_ip_address'))} after at least ${Math.max(1, count - 1)} failed sign-ins to that account.`,
  triage: [
    'Ask the person in resource, by phone or in person, whether it was they who signed in. Do it within 15 minutes.',
    'If it was not: sign the account out of all sessions, reset its password, and revoke its apps and personal access tokens.',
    'Compare context.client_ip_address of the failures and of the success: the same address for both, unknown in the 30 days before, is a guessed password.',
    'Read what resource.gid did in the 2 hours after: exports, authorized apps, tokens, changed settings.',
  ],
  falsePositives: 'A person who mistyped, or tried old passwords, and then got it right.',
  references: [ASANA_EVENTS, technique('T1110'), technique('T1078.004')],
  examples: {
    alerts: [
      timeline(...repeated(5, 0, 1, failure()), [6, success()]),
      timeline(...repeated(30, 0, 0.5, failure()), [16, success()]),
      timeline(...repeated(5, 0, 0, failure()), [29.5, success()]),
      timeline(...repeated(5, 0, 0, failure(numbered('user', 1))), [
        1,
        success(numbered('user', 1)),
      ]),
      timeline(...repeated(5, 0, 0, failure(BY_EMAIL)), [0, success(BY_EMAIL)]),
      timeline(...repeated(4, 0, 1, failure()), [5, success()], [6, failure()], [7, success()]),
    ],
    silent: [
      timeline(...repeated(4, 0, 1, failure()), [6, success()]),
      timeline([0, success()], ...repeated(5, 1, 1, failure())),
      timeline(...repeated(5, 0, 1, failure(CAROL)), [6, success()]),
      timeline(...repeated(5, 0, 1, failure()), [30, success()]),
      timeline(...repeated(5, 0, 1, failure(null)), [
        6,
        example({ type: SUCCEEDED, actor: NOBODY, resource: null }),
      ]),
    ],
  },
});
