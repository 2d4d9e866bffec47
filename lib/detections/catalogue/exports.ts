// Detections on data taken out of Asana in bulk.
import { defineDetection } from '../define.ts';
import { actor } from '../reading/entity.ts';
import { actorWords, field, resourceWords } from '../reading/fields.ts';
import { example, SERVICE_ACCOUNT_API } from './examples.ts';
import { ASANA_EVENTS, technique } from './references.ts';

const EXPORT_WORDS: ReadonlyMap<unknown, string> = new Map([
  ['workspace_export_started', 'an export of the whole organization'],
  ['object_export_started', 'an export over the API'],
  ['workspace_attachment_export_started', 'a bulk export of attachments'],
]);

export const organizationExport = defineDetection({
  kind: 'match',
  id: 'asana.export.organization',
  version: 1,
  title: 'Organization export started',
  severity: 'high',
  attack: ['T1213', 'T1567'],
  attackV18: ['T1213', 'T1567'],
  pattern: { 'detail-type': [...EXPORT_WORDS.keys()] },
  // About who takes the data, not about what: three kinds of export by one person are one matter.
  entity: actor,
  summary: (event) =>
    `${actorWords(event)} started ${EXPORT_WORDS.get(field(event, 'event_type')) ?? 'an export'}: ${resourceWords(event)}.`,
  triage: [
    'Act within 15 minutes: the file of an organization export takes hours to build, and can be stopped only before it is downloaded.',
    'Ask the person in actor, outside Asana, who asked for the export. If nobody did: deactivate the account in the admin console and ask Asana support to cancel the export.',
    'Read the events of actor.gid in the 24 hours before: a sign-in from an unknown context.client_ip_address, a role granted, SAML weakened.',
    'Where context.api_authentication_method is set: name the token or service account, and revoke it.',
    'If the export was downloaded, treat all content of the workspace as disclosed and begin your breach procedure.',
  ],
  falsePositives:
    'A backup vendor or a legal hold. Those come from the same actor.gid and address each time.',
  references: [ASANA_EVENTS, technique('T1213'), technique('T1567')],
  examples: {
    alerts: [
      example({ type: 'workspace_export_started' }),
      example({ type: 'object_export_started', context: SERVICE_ACCOUNT_API }),
      example({
        type: 'workspace_attachment_export_started',
        resource: null,
        actor: { actor_type: 'anonymous' },
      }),
    ],
    silent: [
      example({ type: 'project_csv_export_started' }),
      example({ type: 'workspace_members_export_started' }),
      example({ type: 'search_report_export_started', context: SERVICE_ACCOUNT_API }),
    ],
  },
});

const DIRECTORY_WORDS: ReadonlyMap<unknown, string> = new Map([
  ['workspace_members_export_started', 'the list of all members'],
  ['workspace_teams_export_started', 'the list of all teams'],
  ['division_teams_export_started', 'the list of the teams of a division'],
]);

export const directoryExport = defineDetection({
  kind: 'match',
  id: 'asana.export.directory',
  version: 1,
  title: 'Member or team list exported',
  severity: 'medium',
  attack: ['T1087.004', 'T1069.003'],
  attackV18: ['T1087.004', 'T1069.003'],
  pattern: { 'detail-type': [...DIRECTORY_WORDS.keys()] },
  entity: actor,
  summary: (event) =>
    `${actorWords(event)} exported ${DIRECTORY_WORDS.get(field(event, 'event_type')) ?? 'a directory'} of ${resourceWords(event)}: names, addresses and who belongs where.`,
  triage: [
    'Ask the person in actor, outside Asana, what the list is for. Do it within 4 hours.',
    'If nobody asked for it: sign actor out of all sessions, reset that password, and warn colleagues of well-aimed phishing for the next 30 days.',
    'Read the events of actor.gid in the 24 hours since created_at: invitations, sign-ins refused for the people on the list, further exports.',
    'Read the sign-in of actor.gid before it: context.client_ip_address and context.user_agent, and whether they are usual.',
  ],
  falsePositives: 'Reports of the people team or of IT, mostly by the same person each month.',
  references: [ASANA_EVENTS, technique('T1087.004'), technique('T1069.003')],
  examples: {
    alerts: [
      example({ type: 'workspace_members_export_started' }),
      example({ type: 'workspace_teams_export_started', context: SERVICE_ACCOUNT_API }),
      example({
        type: 'division_teams_export_started',
        resource: { resource_type: 'division', gid: '1208000000000001', name: null },
        actor: { actor_type: 'external_administrator' },
      }),
    ],
    silent: [
      example({ type: 'workspace_export_started' }),
      example({ type: 'project_csv_export_started' }),
      example({ type: 'user_csv_import_started' }),
    ],
  },
});
