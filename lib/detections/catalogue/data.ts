// Detections on work that becomes visible to more people.
import { defineDetection } from '../define.ts';
import { firstOf, resource, workspace } from '../entity.ts';
import { actorWords, changeWords, resourceWords } from '../fields.ts';
import { change, example } from './examples.ts';
import { ASANA_EVENTS, technique } from './references.ts';

const TEAM_PRIVACY = 'team_privacy_settings_changed';
const TEAM = { resource_type: 'team', gid: '1202000000000001', name: 'Finance' };

export const teamMadePublic = defineDetection({
  kind: 'match',
  id: 'asana.data.team-made-public',
  version: 1,
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
    'Look at the team in resource: if it is finance, legal, people or security, ask its owner today whether this was meant.',
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
