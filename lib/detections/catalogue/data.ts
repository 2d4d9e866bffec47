// Detections on work that becomes visible to more people.
import type { AuditLogEvent } from '../../contract/bus-event.ts';
import { defineDetection } from '../define.ts';
import { emailsIn, isOutsider } from '../reading/domains.ts';
import { firstOf, resource, workspace } from '../reading/entity.ts';
import { actorWords, changeWords, field, resourceWords, valueWords } from '../reading/fields.ts';
import { isNamed } from '../reading/people.ts';
import { BOB, change, example, SERVICE_ACCOUNT_API } from './examples.ts';
import { ASANA_EVENTS, technique } from './references.ts';

const TEAM_PRIVACY = 'team_privacy_settings_changed';
const TEAM = { resource_type: 'team', gid: '1202000000000001', name: 'Finance' };

export const teamMadePublic = defineDetection({
  kind: 'match',
  id: 'asana.data.team-made-public',
  version: 2,
  title: 'Team made public',
  severity: 'low',
  attack: ['T1567'],
  attackV18: ['T1567'],
  pattern: {
    'detail-type': [TEAM_PRIVACY],
    detail: { data: { details: { new_value: [{ 'equals-ignore-case': 'public' }] } } },
  },
  entity: firstOf(workspace, resource),
  summary: (event) =>
    `${actorWords(event)} changed the privacy of the team ${resourceWords(event, '(not named)')} ${changeWords(event)}: everyone in the organization can join and see its work.`,
  triage: [
    'Look at the team in resource: if it is finance, legal, people or security, ask its owner within 1 working day whether this was meant.',
    'If not: set the team back to details.old_value in its settings.',
    'Read who joined the team, and which of its projects were opened, since created_at.',
  ],
  falsePositives:
    'Public means to the organization, not to the internet. Teams open up on purpose all the time.',
  references: [ASANA_EVENTS, technique('T1567')],
  examples: {
    alerts: [
      change(TEAM_PRIVACY, 'membership_by_request', 'public', { resource: TEAM }),
      change(TEAM_PRIVACY, null, 'Public', { resource: TEAM, actor: { actor_type: 'asana' } }),
    ],
    silent: [
      change(TEAM_PRIVACY, 'public', 'secret', { resource: TEAM }),
      change('project_privacy_settings_changed', null, 'public'),
      example({ type: TEAM_PRIVACY, resource: TEAM }),
    ],
  },
});

const PROJECT_PRIVACY = 'project_privacy_settings_changed';
const LINK_WORDS: ReadonlyMap<unknown, string> = new Map([
  ['project_view_link_enabled', 'switched on a link by which anyone can read'],
  ['project_share_link_enabled', 'switched on a link by which anyone who has it can join'],
]);
const PROJECT = { resource_type: 'project', gid: '1203000000000001', name: 'Acquisition plan' };

export const projectMadePublic = defineDetection({
  kind: 'match',
  id: 'asana.data.project-made-public',
  version: 1,
  title: 'Project opened: public privacy or link enabled',
  severity: 'low',
  attack: ['T1567'],
  attackV18: ['T1567'],
  pattern: {
    'detail-type': [PROJECT_PRIVACY, ...LINK_WORDS.keys()],
    detail: {
      data: {
        $or: [
          { event_type: [...LINK_WORDS.keys()] },
          {
            details: {
              // Only `members_only` was ever seen in public (October 2024). These are what Asana's own API and app call
              // the open settings, `public_to_workspace` among them; an unknown one stays silent, because projects
              // change hands all day.
              new_value: [
                { prefix: { 'equals-ignore-case': 'public' } },
                { prefix: { 'equals-ignore-case': 'anyone' } },
                { prefix: { 'equals-ignore-case': 'everyone' } },
                { prefix: { 'equals-ignore-case': 'organization' } },
                { prefix: { 'equals-ignore-case': 'workspace' } },
              ],
            },
          },
        ],
      },
    },
  },
  entity: firstOf(workspace, resource),
  summary: (event) => {
    const link = LINK_WORDS.get(field(event, 'event_type'));
    const what = link ?? 'changed the privacy of';
    return `${actorWords(event)} ${what} the project ${resourceWords(event, '(not named)')}${link ? '' : ` ${changeWords(event)}`}.`;
  },
  triage: [
    'Look at the project in resource within 1 working day: does it hold personal, legal, financial or security work?',
    'If it does: ask its owner, then set the privacy back to details.old_value or switch the link off, in the sharing settings of the project.',
    'Read project_member_added and attachment_downloaded events of resource.gid since created_at: who came in, and what was taken.',
  ],
  falsePositives: 'Ordinary sharing: projects open up on purpose all the time. Read it once a day.',
  references: [ASANA_EVENTS, technique('T1567')],
  examples: {
    alerts: [
      example({ type: 'project_view_link_enabled', resource: PROJECT }),
      example({ type: 'project_share_link_enabled', resource: null, context: SERVICE_ACCOUNT_API }),
      change(PROJECT_PRIVACY, 'members_only', 'Public_to_workspace', { resource: PROJECT }),
      change(PROJECT_PRIVACY, null, ['ANYONE_WITH_LINK'], { resource: PROJECT }),
      change(PROJECT_PRIVACY, null, 'everyone', { resource: PROJECT }),
      change(PROJECT_PRIVACY, null, 'organization', { resource: PROJECT }),
      change(PROJECT_PRIVACY, null, 'workspace', { resource: PROJECT }),
    ],
    silent: [
      change(PROJECT_PRIVACY, null, 'members_only', { resource: PROJECT }),
      change(PROJECT_PRIVACY, 'public', null, { resource: PROJECT }),
      example({ type: PROJECT_PRIVACY, resource: PROJECT }),
      example({ type: 'project_view_link_disabled', resource: PROJECT }),
      change(TEAM_PRIVACY, 'secret', 'public_to_workspace', { resource: PROJECT }),
    ],
  },
});

/** Where the address of an added member may be. Only `added_resource.email` was seen, on team_member_added. */
function addedEmails(event: AuditLogEvent): string[] {
  const emails: string[] = [];
  for (const name of ['added_resource', 'user', 'member', 'new_value']) {
    emails.push(...emailsIn(field(event, 'details', name)));
  }
  return emails;
}

const added = (type: string, resource: object, email: unknown) =>
  example({
    type,
    resource: { ...resource },
    details: { added_resource: { resource_type: 'user', gid: '1201000000000070', email } },
  });

export const externalMemberAdded = defineDetection({
  kind: 'match',
  id: 'asana.data.external-member-added',
  version: 1,
  title: 'External user added to a project, team or portfolio',
  severity: 'medium',
  attack: ['T1098', 'T1537'],
  attackV18: ['T1098', 'T1537'],
  pattern: {
    'detail-type': ['project_member_added', 'team_member_added', 'portfolio_member_added'],
  },
  // The domain of one field is compared with that of another, which no event pattern can.
  when: (event, { companyDomains = [], partnerProjects = [] }) =>
    !isNamed(event, 'resource', partnerProjects) &&
    addedEmails(event).some((email) => isOutsider(email, event, companyDomains)),
  lists: { companyDomains: [], partnerProjects: [] },
  entity: firstOf(workspace, resource),
  summary: (event) =>
    `${actorWords(event)} gave ${valueWords(addedEmails(event)[0])}, whose address is not of the company, access to ${resourceWords(event, 'something unnamed')}.`,
  triage: [
    'Look at what is in resource, and at the domain of details.added_resource.email, within 4 hours: a partner of that very work, a private mailbox, a look-alike of your domain.',
    'If it does not belong there: remove the member in the sharing settings, then ask the person in actor, outside Asana, why they added it.',
    'Read attachment_downloaded and project_csv_export_started events by details.added_resource.gid since created_at.',
    'Read further member_added events of actor.gid in the 24 hours around it: one person who lets an outsider into many places is moving data out.',
  ],
  falsePositives:
    'Work with clients. Put steady partners on the list companyDomains, or the gids of shared projects on partnerProjects; while companyDomains is empty, the domain of actor.email counts as the company.',
  references: [ASANA_EVENTS, technique('T1098'), technique('T1537')],
  examples: {
    alerts: [
      added('project_member_added', PROJECT, 'eve@example.net'),
      added('team_member_added', TEAM, 'EVE@EXAMPLE.NET'),
      added(
        'portfolio_member_added',
        { resource_type: 'portfolio', name: null },
        'e@notexample.com',
      ),
      example({ type: 'project_member_added', details: { user: 'Eve <eve@example.net>' } }),
      example({ type: 'team_member_added', details: { member: { email: 'eve@example.net' } } }),
      example({
        type: 'team_member_added',
        details: { new_value: ['bob@example.com', 'e@x.test'] },
      }),
    ],
    silent: [
      added('project_member_added', PROJECT, BOB['email']),
      added('team_member_added', TEAM, 'bob@EU.Example.com'),
      added('portfolio_member_added', PROJECT, null),
      added('project_member_removed', PROJECT, 'eve@example.net'),
      example({ type: 'project_member_added', resource: PROJECT }),
      example({ type: 'project_member_added', details: { added_resource: 'eve' } }),
    ],
  },
});
