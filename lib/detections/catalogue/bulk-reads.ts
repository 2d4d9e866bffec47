// Detections on one person who takes a lot: files, CSV exports, places in other people's projects.
import type { AuditLogEvent } from '../../contract/bus-event.ts';
import { defineDetection } from '../define.ts';
import { emailsIn } from '../reading/domains.ts';
import { actorWords, asText, field, resourceWords, valueWords } from '../reading/fields.ts';
import { BY_ACTOR, BY_PERSON_ACTING } from '../reading/groups.ts';
import {
  ALICE,
  ASANA_ITSELF,
  example,
  GID_ONLY,
  numbered,
  SERVICE_ACCOUNT_API,
  spread,
} from './examples.ts';
import { ASANA_EVENTS, technique } from './references.ts';

type Part = Readonly<Record<string, unknown>>;
/** What has no gid cannot be told apart, and counts as one. */
const EACH_THING = { by: ['resource.gid'], missing: 'own-group' } as const;
const BY_EMAIL = { actor_type: 'user', email: 'Carol@Example.com' };
const OTHER = { actor_type: 'user', email: 'd@example.com' };

const PROJECT_CSV = 'project_csv_export_started';
const SEARCH_CSV = 'search_report_export_started';
const csv = (index: number, type = PROJECT_CSV, actor: Part | null = ALICE) =>
  example({ type, actor, resource: numbered('project', index) });

export const csvBurst = defineDetection({
  kind: 'threshold',
  id: 'asana.export.csv-burst',
  version: 1,
  title: 'Many project or search CSV exports by one user',
  severity: 'high',
  attack: ['T1213', 'T1119'],
  attackV18: ['T1213', 'T1119'],
  pattern: {
    'detail-type': [
      PROJECT_CSV,
      // So a help page of Asana's calls the same event.
      { 'equals-ignore-case': 'project_csv_export_initiated' },
      SEARCH_CSV,
    ],
  },
  groupBy: BY_ACTOR,
  distinct: EACH_THING,
  atLeast: 5,
  within: '60m',
  summary: (event, { count }) =>
    `${actorWords(event)} exported at least five projects or searches as CSV within an hour (${count} exports), the latest ${resourceWords(event, 'unnamed')}.`,
  triage: [
    'Ask the person in actor, outside Asana, what the exports are for. Do it within 1 hour.',
    'Look at the projects in resource: of one team and one report, or of everything the person can see. Are they leaving the company?',
    'If nobody asked for it: sign the account out of all sessions, reset its password, and treat what was exported as disclosed.',
    'Read the events of actor.gid in the 24 hours before: a sign-in from an unknown context.client_ip_address, self-added projects (project_member_added).',
  ],
  falsePositives:
    'A project office on its reporting day: the same person, the same projects, each month. Exporting one project again and again does not count.',
  references: [ASANA_EVENTS, technique('T1213'), technique('T1119')],
  examples: {
    alerts: [
      spread(5, 59, (index) => csv(index)),
      spread(5, 5, (index) => csv(index, SEARCH_CSV)),
      spread(5, 5, (index) => csv(index, 'project_csv_export_INITIATED')),
      spread(5, 0, (index) => csv(index, PROJECT_CSV, BY_EMAIL)),
      spread(5, 0, (index) => csv(index, PROJECT_CSV, ASANA_ITSELF)),
      spread(5, 0, (index) => csv(index, PROJECT_CSV, null)),
      spread(5, 5, (index) =>
        index ? csv(index) : example({ type: PROJECT_CSV, resource: null }),
      ),
    ],
    silent: [
      spread(4, 5, (index) => csv(index)),
      spread(12, 5, (index) => csv(index % 4)),
      spread(5, 60, (index) => csv(index)),
      spread(8, 5, (index) => csv(index, PROJECT_CSV, index % 2 ? ALICE : BY_EMAIL)),
      spread(8, 5, (index) => csv(index, PROJECT_CSV, GID_ONLY[index % 2])),
      spread(8, 5, (index) => csv(index, PROJECT_CSV, index % 2 ? OTHER : BY_EMAIL)),
      spread(8, 5, (index) => csv(index, PROJECT_CSV, index % 2 ? ASANA_ITSELF : null)),
      spread(8, 5, () => example({ type: PROJECT_CSV, resource: null })),
      spread(8, 5, (index) => csv(index, 'project_csv_export_downloaded')),
    ],
  },
});

const DOWNLOADED = 'attachment_downloaded';
const file = (index: number, actor: Part | null = ALICE, context: Part = {}) =>
  example({ type: DOWNLOADED, actor, resource: numbered('attachment', index), context });
const byApp = (oauth_app_name: unknown) => ({ ...SERVICE_ACCOUNT_API, oauth_app_name });

export const massDownload = defineDetection({
  kind: 'threshold',
  id: 'asana.data.mass-download',
  version: 1,
  title: 'Mass attachment download',
  severity: 'high',
  attack: ['T1213', 'T1119'],
  attackV18: ['T1213', 'T1119'],
  pattern: { 'detail-type': [DOWNLOADED] },
  // An app that works in somebody's name is counted apart from what they do by hand.
  groupBy: { ...BY_ACTOR, and: [{ by: ['context.oauth_app_name'], missing: 'own-group' }] },
  distinct: EACH_THING,
  atLeast: 50,
  within: '30m',
  summary: (event, { count }) => {
    const app = asText(field(event, 'context', 'oauth_app_name'));
    return `${actorWords(event)} downloaded at least 50 different files within half an hour (${count} downloads)${app === undefined ? '' : ` by the app ${valueWords(app)}`}, the latest ${resourceWords(event, 'unnamed')}.`;
  },
  triage: [
    'Ask the person in actor, outside Asana, what the files are for. Do it within 30 minutes.',
    'Where context.oauth_app_name or context.api_authentication_method is set: find out who runs the app or holds the token, and revoke it if nobody does.',
    'Look at the files and projects (resource.name): designs of one project, or everything the person can see. Are they leaving the company?',
    'If nobody vouches for it: sign the account out of all sessions, reset its password, and treat the files as disclosed.',
    'Read the events of actor.gid in the 24 hours around it: deletions, members added from outside, a sign-in from an unknown context.client_ip_address.',
  ],
  falsePositives:
    'Design teams that fetch a whole project, and backups: those come by the same app and account each time. Raise atLeast where that is everyday.',
  references: [ASANA_EVENTS, technique('T1213'), technique('T1119')],
  examples: {
    alerts: [
      spread(50, 29, (index) => file(index)),
      spread(60, 0, (index) => file(index % 50)),
      spread(50, 5, (index) => file(index, BY_EMAIL, byApp('Backup'))),
      spread(50, 5, (index) => file(index, ASANA_ITSELF)),
      spread(50, 5, (index) => file(index, null)),
      spread(50, 5, (index) =>
        index ? file(index) : example({ type: DOWNLOADED, resource: null }),
      ),
    ],
    silent: [
      spread(49, 5, (index) => file(index)),
      spread(90, 5, (index) => file(index % 49)),
      spread(50, 30, (index) => file(index)),
      spread(60, 5, (index) => file(index, index % 2 ? ALICE : BY_EMAIL)),
      spread(60, 5, (index) => file(index, GID_ONLY[index % 2])),
      spread(60, 5, (index) => file(index, index % 2 ? OTHER : BY_EMAIL)),
      spread(60, 5, (index) => file(index, index % 2 ? ASANA_ITSELF : null)),
      spread(60, 5, (index) => file(index, ALICE, index % 2 ? byApp('Backup') : {})),
      spread(60, 5, () => example({ type: DOWNLOADED, resource: null })),
      spread(60, 5, (index) => ({ ...file(index), event_type: 'attachment_uploaded' })),
    ],
  },
});

/** True where the member that was added is who added it, by gid or by address. Only `added_resource` was ever seen. */
function isSelfAdded(event: AuditLogEvent): boolean {
  const gid = asText(field(event, 'actor', 'gid'));
  const [email] = emailsIn(field(event, 'actor', 'email'));
  return ['added_resource', 'user', 'member', 'new_value'].some((name) => {
    const member = field(event, 'details', name);
    const added = asText(field(event, 'details', name, 'gid')) ?? asText(member);
    if (gid !== undefined && added === gid) return true;
    const emails = emailsIn(member).map((each) => each.toLowerCase());
    return email !== undefined && emails.includes(email.toLowerCase());
  });
}

const ADDED = ['project_member_added', 'team_member_added'];
const selfAdd = (index: number, details: Part, actor: Part | null = ALICE, type = ADDED[0]) =>
  example({ type: type ?? '', actor, resource: numbered('project', index), details });
const MYSELF = { added_resource: { resource_type: 'user', gid: ALICE['gid'] } };

export const selfAddBurst = defineDetection({
  kind: 'threshold',
  id: 'asana.data.self-add-burst',
  version: 1,
  title: 'User adds themself to many projects or teams',
  severity: 'medium',
  attack: ['T1098', 'T1213'],
  attackV18: ['T1098', 'T1213'],
  pattern: { 'detail-type': ADDED },
  // One field is compared with another, which no event pattern can.
  when: isSelfAdded,
  groupBy: BY_PERSON_ACTING,
  distinct: EACH_THING,
  atLeast: 10,
  within: '60m',
  summary: (event, { count }) =>
    `${actorWords(event)} joined at least ten projects or teams within an hour by their own hand (${count} times), the latest ${resourceWords(event, 'unnamed')}.`,
  triage: [
    'Look at the projects and teams in resource within 4 hours: do they belong to the work of the person in actor?',
    'If not: ask them, outside Asana, what for; and their manager if the answer does not hold.',
    'Read attachment_downloaded, project_csv_export_started and object_export_started events of actor.gid in the 24 hours since created_at.',
    'If there is no good reason: take the memberships back in the sharing settings.',
  ],
  falsePositives:
    'Admins who tidy up, and people who change teams. Being added by others does not count.',
  references: [ASANA_EVENTS, technique('T1098'), technique('T1213')],
  examples: {
    alerts: [
      spread(10, 59, (index) => selfAdd(index, MYSELF)),
      spread(10, 0, (index) => selfAdd(index, MYSELF, ALICE, ADDED[1])),
      spread(10, 5, (index) => selfAdd(index, { user: { email: 'CAROL@example.com' } }, BY_EMAIL)),
      spread(10, 5, (index) => selfAdd(index, { new_value: ['carol@example.com'] }, BY_EMAIL)),
      spread(10, 5, (index) => selfAdd(index, { member: GID_ONLY[0]['gid'] }, GID_ONLY[0])),
      spread(10, 5, (index) => ({
        ...selfAdd(index, MYSELF),
        ...(index ? {} : { resource: null as never }),
      })),
    ],
    silent: [
      spread(9, 5, (index) => selfAdd(index, MYSELF)),
      spread(20, 5, (index) => selfAdd(index % 9, MYSELF)),
      spread(10, 60, (index) => selfAdd(index, MYSELF)),
      spread(12, 5, (index) => selfAdd(index, { added_resource: { gid: '1201000000000070' } })),
      spread(12, 5, (index) => selfAdd(index, {})),
      spread(12, 5, (index) => selfAdd(index, { user: null, added_resource: 'x' }, ASANA_ITSELF)),
      spread(18, 5, (index) =>
        selfAdd(
          index,
          { user: { email: index % 2 ? OTHER.email : BY_EMAIL.email } },
          index % 2 ? OTHER : BY_EMAIL,
        ),
      ),
      spread(12, 5, (index) => selfAdd(index, MYSELF, ALICE, 'portfolio_member_added')),
      spread(12, 5, () => ({ ...selfAdd(1, MYSELF), resource: null as never })),
    ],
  },
});
