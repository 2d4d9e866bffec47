// Detections on apps that come into the workspace: one nobody has used before, one that many let in at once.
import { defineDetection } from '../define.ts';
import { actorWords, asText, field, valueWords } from '../reading/fields.ts';
import { EACH_PERSON_ACTING } from '../reading/groups.ts';
import { ALICE, example, numbered, spread, timeline } from './examples.ts';
import { ASANA_EVENTS, technique } from './references.ts';

const AUTHORIZED = 'user_app_authorized';
const DAY = 24 * 60;

const app = (
  gid: unknown,
  name: unknown = 'Calendar Sync',
  actor: Readonly<Record<string, unknown>> = ALICE,
) =>
  example({
    type: AUTHORIZED,
    actor,
    resource: { ...actor, resource_type: 'user' },
    details: { app_type: 'oauth', app_gid: gid, app_name: name, app_url: '' },
  });
const KNOWN = app('1207000000000001');
const BOB = { ...ALICE, gid: '1201000000000002', name: 'Bob Example', email: 'bob@example.com' };

export const newOauthApp = defineDetection({
  kind: 'newValue',
  id: 'asana.app.new-oauth-app',
  version: 2,
  title: 'App authorised for the first time in the workspace',
  severity: 'medium',
  attack: ['T1671', 'T1528'],
  attackV18: ['T1671', 'T1528'],
  pattern: { 'detail-type': [AUTHORIZED] },
  lists: { allowedApps: [] },
  when: (event, { allowedApps = [] }) =>
    !allowedApps.includes(asText(field(event, 'details', 'app_gid')) ?? ''),
  groupBy: 'workspace',
  // A name is the app's own to choose; it counts only where there is no gid.
  value: { by: ['details.app_gid', 'details.app_name'], missing: 'own-group' },
  entity: 'value',
  valueType: 'app',
  learn: '7d',
  forget: '90d',
  summary: (event) =>
    `${actorWords(event)} gave the app ${valueWords(field(event, 'details', 'app_name') ?? field(event, 'details', 'app_gid') ?? '(not named)')} access to their account, the first in this workspace.`,
  triage: [
    'Ask the person in actor what the app is for and how they came by it: a link in a mail is a bad sign. Do it within 4 hours.',
    'Look at details.app_url and details.app_name: who publishes it, which permissions it asks for, and whether the name imitates a known product.',
    'If nobody needs it: have the person revoke it, and block the app in the admin console.',
    'Read the events of actor.gid with that context.oauth_app_name in the 24 hours after: exports and bulk reads.',
  ],
  falsePositives:
    'The first person to use a sanctioned app. Put the gids of apps you know on the list allowedApps.',
  references: [ASANA_EVENTS, technique('T1671'), technique('T1528')],
  examples: {
    alerts: [
      timeline([0, KNOWN], [7 * DAY, app('1207000000000002', 'Calender Sync')]),
      timeline([0, KNOWN], [8 * DAY, app(null, 'Nameless')]),
      timeline([0, KNOWN], [90 * DAY, app('1207000000000001', 'Calendar Sync', BOB)]),
      timeline([0, KNOWN], [8 * DAY, example({ type: AUTHORIZED })]),
      timeline([0, app(null, 'One')], [8 * DAY, app(null, 'Another')]),
    ],
    silent: [
      timeline([0, KNOWN], [7 * DAY - 1, app('1207000000000002')]),
      timeline([0, KNOWN], [1, app('1207000000000002')], [90 * DAY - 1, app('1207000000000001')]),
      timeline([0, KNOWN], [8 * DAY, app('1207000000000001', 'Renamed', BOB)]),
      timeline([0, KNOWN], [8 * DAY, app(1207000000000001)]),
      timeline([0, example({ type: AUTHORIZED })], [8 * DAY, example({ type: AUTHORIZED })]),
      timeline([0, KNOWN], [8 * DAY, example({ type: 'user_app_revoked' })]),
    ],
  },
});

const person = (index: number) => ({ ...numbered('user', index), actor_type: 'user' });
const byEmail = (index: number) => ({
  actor_type: 'user',
  gid: null,
  email: `Person.${index}@example.com`,
});

export const consentWave = defineDetection({
  kind: 'threshold',
  id: 'asana.app.consent-wave',
  version: 1,
  title: 'Same app authorised by many users quickly',
  severity: 'high',
  attack: ['T1528', 'T1566.002'],
  attackV18: ['T1528', 'T1566.002'],
  pattern: { 'detail-type': [AUTHORIZED] },
  // Five people within an hour is a wave for an app nobody has vouched for, and Monday morning for the calendar everybody
  // uses: hence the list, rather than a count that a small company would never reach.
  lists: { allowedApps: [] },
  when: (event, { allowedApps = [] }) =>
    !allowedApps.includes(asText(field(event, 'details', 'app_gid')) ?? ''),
  // A name is the app's own to choose; it counts only where there is no gid.
  groupBy: {
    type: 'app',
    by: ['details.app_gid', 'details.app_name'],
    missing: 'own-group',
  },
  distinct: EACH_PERSON_ACTING,
  atLeast: 5,
  within: '60m',
  summary: (event, { count }) =>
    `At least five people gave the app ${valueWords(field(event, 'details', 'app_name') ?? field(event, 'details', 'app_gid') ?? '(not named)')} access to their accounts within an hour (${count} times), the latest ${actorWords(event)}.`,
  triage: [
    'Ask two of the people in actor, outside Asana, how they came by the app: a link in a mail or chat is consent phishing. Do it within 30 minutes.',
    'Look at details.app_url and details.app_name: who publishes it, which permissions it asks for, and whether the name imitates a known product.',
    'If nobody of yours rolls it out: block the app in the admin console, which ends the access of all, and warn everybody of the link.',
    'Read the events since created_at with that context.oauth_app_name: what it has read or exported, in whose name.',
  ],
  falsePositives:
    'A roll-out by your own IT, or an app that everybody uses. Put the gids of apps you know on the list allowedApps.',
  references: [ASANA_EVENTS, technique('T1528'), technique('T1566.002')],
  examples: {
    alerts: [
      spread(5, 59, (index) => app('1207000000000002', 'Calender Sync', person(index))),
      spread(9, 0, (index) => app('7', `Name ${index}`, person(index % 5))),
      spread(5, 5, (index) => app(null, 'Nameless', byEmail(index))),
      spread(5, 5, (index) => ({ ...example({ type: AUTHORIZED }), actor: person(index) })),
      spread(5, 5, (index) => app('7', 'Sync', index ? person(index) : { actor_type: 'user' })),
    ],
    silent: [
      spread(4, 5, (index) => app('7', 'Sync', person(index))),
      spread(20, 5, (index) => app('7', 'Sync', person(index % 4))),
      spread(4, 5, (index) => ({ ...example({ type: AUTHORIZED }), actor: person(index) })),
      spread(5, 60, (index) => app('7', 'Sync', person(index))),
      spread(8, 5, (index) => app(`${index % 2}`, 'Sync', person(index))),
      spread(8, 5, (index) => app(null, `Name ${index % 2}`, person(index))),
      spread(8, 5, () => app('7', 'Sync', { actor_type: 'user' })),
      spread(8, 5, (index) => ({
        ...app('7', 'Sync', person(index)),
        event_type: 'user_app_revoked',
      })),
    ],
  },
});
