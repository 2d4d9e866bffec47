// Detections on sign-ins that are unlike those of the same person before: another program, a long silence.

import { defineDetection } from '../define.ts';
import { asText, field, resourceWords, valueWords } from '../reading/fields.ts';
import { BY_PERSON_CONCERNED } from '../reading/groups.ts';
import { clientOf, isScripted } from '../reading/user-agents.ts';
import { BOB, example, numbered, timeline, WEB } from './examples.ts';
import { ASANA_EVENTS, technique } from './references.ts';

const SIGNED_IN = 'user_login_succeeded';
const DAY = 24 * 60;
const CHROME = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0.0.0';
const NEWER_CHROME = CHROME.replace('130', '141');
const ON_MAC = CHROME.replace('Windows NT 10.0; Win64; x64', 'Macintosh; Intel Mac OS X 10_15_7');

type Part = Readonly<Record<string, unknown>>;
const signIn = (user_agent: unknown, resource: Part | null = BOB) =>
  example({
    type: SIGNED_IN,
    actor: { ...resource, actor_type: 'user' },
    resource,
    context: { ...WEB, user_agent },
  });
const NUMBER = numbered('user', 4);
const BY_EMAIL = { resource_type: 'user', gid: null, email: 'Bob@Example.com' };

export const newUserAgent = defineDetection({
  kind: 'newValue',
  id: 'asana.login.new-user-agent',
  version: 2,
  title: 'First login with a kind of program for this user',
  severity: 'low',
  // A new browser is everyday. A script that signs in for a person is not.
  severityOf: (event) =>
    isScripted(asText(field(event, 'context', 'user_agent')) ?? '') ? 'low' : 'info',
  // To be read beside other alerts of the person: by itself it is worth nobody's time. Hence on the bus and in the table only.
  status: 'staged',
  attack: ['T1539', 'T1550.004'],
  attackV18: ['T1539', 'T1550.004'],
  pattern: { 'detail-type': [SIGNED_IN] },
  groupBy: BY_PERSON_CONCERNED,
  // Family and system: the whole text changes with each update of a browser.
  value: { by: ['context.user_agent'], as: clientOf, missing: 'skip' },
  learn: '7d',
  // Rather than 30 days: a phone that is signed in anew every quarter is no news.
  forget: '90d',
  summary: (event) =>
    `${resourceWords(event, 'Someone unnamed')} signed in with ${valueWords(clientOf(asText(field(event, 'context', 'user_agent')) ?? '') ?? 'an unknown program')}, as never in the 90 days before.`,
  triage: [
    'Look within 1 working day whether other alerts name the same resource.gid on that day: a password reset, a second factor switched off, an export.',
    'If there are any, or the program is a script: ask the person in resource, by phone or in person, what they signed in with.',
    'Compare context.client_ip_address with that of the sign-ins of resource.gid in the 30 days before.',
  ],
  falsePositives:
    'A new device or another browser. It is staged for that reason: recorded, and delivered to nobody unless configured to be active.',
  references: [ASANA_EVENTS, technique('T1539'), technique('T1550.004')],
  examples: {
    alerts: [
      timeline([0, signIn(CHROME)], [7 * DAY, signIn('curl/8.14.1')]),
      timeline([0, signIn(CHROME)], [8 * DAY, signIn(ON_MAC)]),
      timeline([0, signIn(CHROME, NUMBER)], [8 * DAY, signIn(ON_MAC, NUMBER)]),
      timeline(
        [0, signIn(CHROME)],
        [1 * DAY, signIn(ON_MAC)],
        [80 * DAY, signIn(ON_MAC)],
        [90 * DAY, signIn(CHROME)],
      ),
      timeline([0, signIn(CHROME, BY_EMAIL)], [8 * DAY, signIn('Asana/9.1 (iPhone)', BY_EMAIL)]),
    ],
    silent: [
      timeline([0, signIn(CHROME)], [8 * DAY, signIn(NEWER_CHROME)]),
      timeline([0, signIn(CHROME)], [7 * DAY - 1, signIn('curl/8.14.1')]),
      timeline(
        [0, signIn(CHROME)],
        [1 * DAY, signIn(ON_MAC)],
        [60 * DAY, signIn(CHROME)],
        [91 * DAY - 1, signIn(ON_MAC)],
      ),
      timeline([0, signIn(CHROME)], [8 * DAY, signIn(null)]),
      timeline([0, signIn(CHROME)], [8 * DAY, signIn('curl/8.14.1', numbered('user', 3))]),
      timeline([0, signIn(CHROME, null)], [8 * DAY, signIn('curl/8.14.1', null)]),
      timeline(
        [0, signIn(CHROME)],
        [8 * DAY, { ...signIn('curl/8.14.1'), event_type: 'user_login_failed' }],
      ),
    ],
  },
});

export const dormantAccount = defineDetection({
  kind: 'newValue',
  id: 'asana.login.dormant-account',
  version: 2,
  title: 'First login after a long silence',
  severity: 'low',
  attack: ['T1078.004'],
  attackV18: ['T1078.004'],
  pattern: { 'detail-type': [SIGNED_IN] },
  groupBy: BY_PERSON_CONCERNED,
  // That a person signs in is the value: new again once they have not for `forget`, and never new before they have been
  // known for as long as `learn`. So somebody who has just joined is no returner.
  value: { by: ['event_type'], missing: 'skip' },
  learn: '60d',
  forget: '60d',
  // Asana keeps its log for 90 days; a silence of a year is known only to us. A group is one small item.
  remember: '400d',
  summary: (event) =>
    `${resourceWords(event, 'Someone unnamed')} signed in for the first time in at least 60 days.`,
  triage: [
    'Ask the people team or the manager of the person in resource within 1 working day whether they are back at work.',
    'If they are not: deactivate the account in the admin console, sign it out of all sessions and read the events of resource.gid since created_at.',
    'Compare context.client_ip_address, context.user_agent and details.method with what colleagues use.',
    'Review accounts that have been silent for 60 days, and take away those nobody needs.',
  ],
  falsePositives:
    'Parental leave, seasonal staff, guests of a project that sleeps. For another silence than 60 days override learn and forget alike.',
  references: [ASANA_EVENTS, technique('T1078.004')],
  examples: {
    alerts: [
      timeline([0, signIn(CHROME)], [60 * DAY, signIn(CHROME)]),
      timeline([0, signIn(CHROME)], [50 * DAY, signIn(ON_MAC)], [399 * DAY, signIn(CHROME)]),
      timeline([0, signIn(CHROME, NUMBER)], [90 * DAY, signIn(CHROME, NUMBER)]),
      timeline([0, signIn(CHROME, BY_EMAIL)], [70 * DAY, signIn(null, BY_EMAIL)]),
    ],
    silent: [
      timeline([0, signIn(CHROME)], [60 * DAY - 1, signIn(CHROME)]),
      timeline([0, signIn(CHROME)], [9 * DAY, signIn(CHROME)], [69 * DAY - 1, signIn(CHROME)]),
      timeline([0, signIn(CHROME)], [50 * DAY, signIn(CHROME)], [100 * DAY, signIn(CHROME)]),
      timeline([0, signIn(CHROME)], [90 * DAY, signIn(CHROME, numbered('user', 3))]),
      timeline([90 * DAY, signIn(CHROME)]),
      timeline([0, signIn(CHROME, null)], [90 * DAY, signIn(CHROME, null)]),
      timeline(
        [0, signIn(CHROME)],
        [90 * DAY, { ...signIn(CHROME), event_type: 'user_login_failed' }],
      ),
    ],
  },
});
