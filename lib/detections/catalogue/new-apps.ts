// Detections on apps that the workspace has not seen before.
import { defineDetection } from '../define.ts';
import { actorWords, asText, field, valueWords } from '../fields.ts';
import { ALICE, example, timeline } from './examples.ts';
import { ASANA_EVENTS, technique } from './references.ts';

const AUTHORIZED = 'user_app_authorized';
const DAY = 24 * 60;

const app = (gid: unknown, name: unknown = 'Calendar Sync', actor = ALICE) =>
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
  version: 1,
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
      timeline([0, KNOWN], [8 * DAY, app('1207000000000002', 'Calender Sync')]),
      timeline([0, KNOWN], [8 * DAY, app(null, 'Nameless')]),
      timeline([0, KNOWN], [91 * DAY, app('1207000000000001', 'Calendar Sync', BOB)]),
      timeline([0, KNOWN], [8 * DAY, example({ type: AUTHORIZED })]),
    ],
    silent: [
      timeline([0, KNOWN], [6 * DAY, app('1207000000000002')]),
      timeline([0, KNOWN], [8 * DAY, app('1207000000000001', 'Renamed', BOB)]),
      timeline([0, KNOWN], [8 * DAY, app(1207000000000001)]),
      timeline([0, KNOWN], [8 * DAY, example({ type: 'user_app_revoked' })]),
    ],
  },
});
