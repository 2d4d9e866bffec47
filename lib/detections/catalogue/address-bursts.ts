// Detections on what one address tries on many accounts: guessing passwords, spraying one, asking for resets.

import type { AuditLogEvent } from '../../contract/bus-event.ts';
import { defineDetection, type Lists } from '../define.ts';
import { asText, field, resourceWords, valueWords } from '../reading/fields.ts';
import { BY_ADDRESS, EACH_RESOURCE } from '../reading/groups.ts';
import { isAddressIn } from '../reading/networks.ts';
import { BOB, example, numbered, spread, WEB } from './examples.ts';
import { ASANA_EVENTS, technique } from './references.ts';

const FAILED = 'user_login_failed';
const RESET_ASKED = 'user_forgot_password_started';
const RESET = 'user_password_reset';
const NOBODY = { actor_type: 'anonymous' };
const NO_ADDRESS = { context_type: 'web', client_ip_address: null };

const addressWords = (event: AuditLogEvent) =>
  valueWords(field(event, 'context', 'client_ip_address'));

/** Many people share the way out of an office or a VPN: the same count says less there, and is still looked at. */
function isOffice(event: AuditLogEvent, { officeAddresses = [] }: Lists): boolean {
  return isAddressIn(asText(field(event, 'context', 'client_ip_address')) ?? '', officeAddresses);
}

const failure = (index: number, context = WEB) =>
  example({ type: FAILED, actor: NOBODY, resource: numbered('user', index), context });
const writtenAs = (client_ip_address: string | undefined) => ({
  ...WEB,
  client_ip_address: client_ip_address ?? '',
});
const SAME_ADDRESS = ['192.0.2.10', '::ffff:192.0.2.10', '::FFFF:C000:20A'];
const otherAddress = (index: number) => ({ ...WEB, client_ip_address: `198.51.100.${index}` });

export const bruteForceIp = defineDetection({
  kind: 'threshold',
  id: 'asana.login.brute-force-ip',
  version: 2,
  title: 'Repeated failed logins from one address',
  severity: 'medium',
  severityOf: (event, lists) => (isOffice(event, lists) ? 'low' : 'medium'),
  lists: { officeAddresses: [] },
  attack: ['T1110'],
  attackV18: ['T1110'],
  pattern: { 'detail-type': [FAILED] },
  groupBy: BY_ADDRESS,
  atLeast: 20,
  within: '15m',
  summary: (event, { count }) =>
    `${count} sign-ins from ${addressWords(event)} failed within a short time, the latest to the account of ${resourceWords(event, 'someone unnamed')}.`,
  triage: [
    'Look within 30 minutes whether a user_login_succeeded event from the same context.client_ip_address follows: sign that account out of all sessions and reset its password.',
    'Count the accounts (resource.gid) that were tried: one is guessing, many are a spray.',
    'Look up who holds context.client_ip_address (whois): your own office or VPN, or a hosting company. Block it at the identity provider if it is none of yours.',
    'Tell the people whose accounts were tried not to approve a sign-in they did not begin.',
  ],
  falsePositives:
    'The way out of an office on a Monday morning, a scanner that was ordered. Put the addresses or CIDR ranges that many of your people share on the list officeAddresses: theirs are low. Failures without an address are not counted here.',
  references: [ASANA_EVENTS, technique('T1110')],
  examples: {
    alerts: [
      spread(20, 14, failure),
      spread(20, 0, () => example({ type: FAILED, actor: NOBODY, resource: null })),
      spread(20, 5, (index) => failure(index, writtenAs(SAME_ADDRESS[index % 3]))),
    ],
    silent: [
      spread(19, 5, failure),
      spread(20, 15, failure),
      spread(20, 5, (index) => failure(index, otherAddress(index % 2))),
      spread(25, 5, (index) => failure(index, NO_ADDRESS as never)),
      spread(25, 5, example({ type: 'user_login_succeeded', resource: BOB })),
    ],
  },
});

export const passwordSpray = defineDetection({
  kind: 'threshold',
  id: 'asana.login.password-spray',
  version: 2,
  title: 'One address fails against many users',
  severity: 'high',
  severityOf: (event, lists) => (isOffice(event, lists) ? 'medium' : 'high'),
  lists: { officeAddresses: [] },
  attack: ['T1110.003', 'T1110.004'],
  attackV18: ['T1110.003', 'T1110.004'],
  pattern: { 'detail-type': [FAILED] },
  groupBy: BY_ADDRESS,
  distinct: EACH_RESOURCE,
  atLeast: 8,
  within: '30m',
  summary: (event, { count }) =>
    `Sign-ins to at least eight accounts failed from ${addressWords(event)} within a short time (${count} failures), the latest to that of ${resourceWords(event, 'someone unnamed')}.`,
  triage: [
    'Read user_login_succeeded events from the same context.client_ip_address, from an hour before until now, within 15 minutes: an account among them has been guessed. Sign it out of all sessions and reset its password.',
    'Block context.client_ip_address at the identity provider, and look there for the same accounts and other addresses of its network.',
    'Compare the accounts tried (resource.email) with lists you know: all of one team, or all of one breach.',
    'Look for failures of the same accounts from other addresses in the 24 hours around it: a spray goes on more slowly elsewhere.',
  ],
  falsePositives:
    'An identity provider that is down or was just reconfigured, a kiosk, a shared way out of the office: put such addresses or CIDR ranges on the list officeAddresses, and theirs are medium.',
  references: [ASANA_EVENTS, technique('T1110.003'), technique('T1110.004')],
  examples: {
    alerts: [
      spread(8, 29, failure),
      spread(16, 0, (index) => failure(index % 8)),
      spread(8, 10, (index) =>
        example({
          type: FAILED,
          actor: NOBODY,
          resource: { resource_type: 'user', gid: null, email: `Person.${index}@example.com` },
        }),
      ),
      spread(8, 10, (index) =>
        index === 0 ? example({ type: FAILED, actor: NOBODY, resource: null }) : failure(index),
      ),
      spread(8, 10, (index) => failure(index, writtenAs(SAME_ADDRESS[index % 3]))),
    ],
    silent: [
      spread(7, 10, failure),
      spread(40, 10, (index) => failure(index % 7)),
      spread(8, 30, failure),
      spread(8, 10, (index) => failure(index, otherAddress(index))),
      spread(12, 10, (index) => failure(index, NO_ADDRESS as never)),
      spread(12, 10, () => example({ type: FAILED, actor: NOBODY, resource: null })),
      spread(9, 10, (index) =>
        example({ type: 'user_login_succeeded', resource: numbered('user', index) }),
      ),
    ],
  },
});

const reset = (index: number, type = RESET_ASKED) =>
  example({ type, actor: NOBODY, resource: numbered('user', index) });

export const resetBurst = defineDetection({
  kind: 'threshold',
  id: 'asana.user.reset-burst',
  version: 2,
  title: 'Password resets of many users from one address',
  severity: 'medium',
  severityOf: (event, lists) => (isOffice(event, lists) ? 'low' : 'medium'),
  lists: { officeAddresses: [] },
  attack: ['T1110', 'T1078.004'],
  attackV18: ['T1110', 'T1078.004'],
  pattern: { 'detail-type': [RESET_ASKED, RESET] },
  groupBy: BY_ADDRESS,
  distinct: EACH_RESOURCE,
  // A workspace_force_password_reset of the day does not silence it, though it explains it: whoever can force a reset could
  // otherwise hide behind one.
  atLeast: 5,
  within: '30m',
  summary: (event, { count }) =>
    `From ${addressWords(event)} the passwords of at least five people were asked or set anew within a short time (${count} events), the latest that of ${resourceWords(event, 'someone unnamed')}.`,
  triage: [
    'Look within 1 hour for a workspace_force_password_reset event of the 24 hours before: it explains the resets, if the person in its actor vouches for it.',
    'Where there is none: ask two of the people in resource, by phone or in person, whether they asked for a new password.',
    'Read user_login_succeeded events of those accounts since created_at, and their context.client_ip_address: whoever reads their mail has the links.',
    'If nobody asked: sign the accounts out of all sessions and look for rules in their mailboxes that forward or hide mail.',
  ],
  falsePositives:
    'A reset that an admin forced on everybody, when many people sit behind one address: put it, or its CIDR range, on the list officeAddresses, and it is low. Look for the forced reset all the same.',
  references: [ASANA_EVENTS, technique('T1110'), technique('T1078.004')],
  examples: {
    alerts: [
      spread(5, 29, (index) => reset(index)),
      spread(5, 0, (index) => reset(index, RESET)),
      spread(5, 5, (index) =>
        example({
          type: RESET_ASKED,
          actor: NOBODY,
          resource: { resource_type: 'user', email: `p${index}@example.com` },
        }),
      ),
      spread(5, 5, (index) =>
        index === 0 ? example({ type: RESET, resource: null }) : reset(index),
      ),
      spread(5, 5, (index) => ({ ...reset(index), context: writtenAs(SAME_ADDRESS[index % 3]) })),
    ],
    silent: [
      spread(4, 5, (index) => reset(index)),
      spread(20, 5, (index) => reset(index % 4, index % 2 ? RESET : RESET_ASKED)),
      spread(5, 30, (index) => reset(index)),
      spread(6, 5, (index) => ({ ...reset(index), context: otherAddress(index) })),
      spread(6, 5, (index) => ({ ...reset(index), context: {} })),
      spread(6, 5, () => example({ type: RESET, resource: null })),
      spread(6, 5, (index) =>
        example({ type: 'user_password_changed', resource: numbered('user', index) }),
      ),
    ],
  },
});
