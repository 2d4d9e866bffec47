// Detections on work that is destroyed in bulk.
import { defineDetection } from '../define.ts';
import { actorWords, asText, field, resourceWords, valueWords } from '../reading/fields.ts';
import { BY_ACTOR } from '../reading/groups.ts';
import { ALICE, ASANA_ITSELF, example, GID_ONLY, numbered, spread } from './examples.ts';
import { ASANA_EVENTS, technique } from './references.ts';

export const ITEM_DELETIONS = [
  'task_deleted',
  'message_deleted',
  'comment_deleted',
  'attachment_deleted',
  'story_deleted',
];
/** What holds the work of many, and what shapes it. */
export const CONTAINER_DELETIONS = [
  'project_deleted',
  'team_deleted',
  'portfolio_deleted',
  'goal_deleted',
  'custom_field_deleted',
  'project_template_deleted',
];
export const FINAL_DELETIONS = [
  'task_permanently_deleted',
  'message_permanently_deleted',
  'status_update_permanently_deleted',
];

const BY_EMAIL = { actor_type: 'user', email: 'Carol@Example.com' };
const OTHER = { actor_type: 'user', email: 'd@example.com' };

type Part = Readonly<Record<string, unknown>>;
const deleted =
  (types: readonly string[], actor: Part | null = ALICE, context?: Part) =>
  (index: number) =>
    example({
      type: types[index % types.length] ?? '',
      actor,
      resource: numbered('task', index),
      ...(context === undefined ? {} : { context }),
    });
/** Taking turns, so that none of the two comes to the count. */
const inTurn = (types: readonly string[], one: Part | null, two: Part | null) => (index: number) =>
  deleted(types, index % 2 ? one : two)(index);
/** All types but one are just short of the count: that one is needed. */
const oneOfEach = (types: readonly string[], count: number) =>
  types.map((type) =>
    spread(count, 5, (index) =>
      deleted([index ? (types.find((each) => each !== type) ?? type) : type])(index),
    ),
  );
const BRING_BACK =
  'If nobody vouches for it: deactivate the account in actor in the admin console, then bring the work back from the trash within 30 days; what was deleted for good only Asana support may have.';

const RULE = { context_type: 'asana', rule_name: 'Tidy up' };

export const massItemDelete = defineDetection({
  kind: 'threshold',
  id: 'asana.impact.mass-item-delete',
  version: 2,
  title: 'Mass deletion of tasks, comments or files',
  severity: 'high',
  // An automation that tidies up deletes in bursts by design. It is seen, because anybody may write one.
  severityOf: (event) =>
    asText(field(event, 'context', 'rule_name')) === undefined ? 'high' : 'low',
  attack: ['T1485'],
  attackV18: ['T1485'],
  pattern: { 'detail-type': ITEM_DELETIONS },
  // Each automation by itself, so that neither hides behind the other nor adds to what a person deletes by hand. What is
  // put back meanwhile is not taken off the count: an attacker could otherwise stay below it at will. Never by the rule's name
  // alone: it is anybody's to choose, and one that is a person's gid would be that person.
  groupBy: { ...BY_ACTOR, and: [{ by: ['context.rule_name'], missing: 'own-group' }] },
  atLeast: 50,
  within: '15m',
  summary: (event, { count }) => {
    const rule = asText(field(event, 'context', 'rule_name'));
    return `${rule === undefined ? actorWords(event) : `The automation ${valueWords(rule)}`} deleted ${count} tasks, comments or files within a quarter of an hour, the latest ${resourceWords(event, 'unnamed')}.`;
  },
  triage: [
    'Ask the person in actor, by phone or in person, whether they do this. Do it within 15 minutes; where context.rule_name is set, ask who owns the automation, within 4 hours.',
    BRING_BACK,
    'Look for task_undeleted and attachment_undeleted events since created_at: somebody may be putting it right already.',
    'Read the events of actor.gid in the 24 hours before: exports and downloads (then it is extortion), a sign-in from an unknown context.client_ip_address.',
  ],
  falsePositives:
    'A clean-up of old work, by hand or by a script. An automation (context.rule_name) is low.',
  references: [ASANA_EVENTS, technique('T1485')],
  examples: {
    alerts: [
      spread(50, 14, deleted(ITEM_DELETIONS)),
      ...oneOfEach(ITEM_DELETIONS, 50),
      spread(50, 5, deleted(ITEM_DELETIONS, ASANA_ITSELF, RULE)),
      spread(50, 5, deleted(ITEM_DELETIONS, BY_EMAIL)),
      spread(50, 5, deleted(ITEM_DELETIONS, { actor_type: 'asana_support' })),
      spread(50, 0, deleted(ITEM_DELETIONS, null)),
    ],
    silent: [
      spread(49, 5, deleted(ITEM_DELETIONS)),
      spread(50, 15, deleted(ITEM_DELETIONS)),
      spread(80, 5, inTurn(ITEM_DELETIONS, ALICE, BY_EMAIL)),
      spread(80, 5, inTurn(ITEM_DELETIONS, ...GID_ONLY)),
      spread(80, 5, inTurn(ITEM_DELETIONS, OTHER, BY_EMAIL)),
      spread(80, 5, inTurn(ITEM_DELETIONS, ASANA_ITSELF, null)),
      spread(80, 5, (index) =>
        deleted(ITEM_DELETIONS, ASANA_ITSELF, { ...RULE, rule_name: `Rule ${index % 2}` })(index),
      ),
      // A rule's name is anybody's to choose, the gid of a person too.
      spread(80, 5, (index) =>
        index % 2
          ? deleted(ITEM_DELETIONS)(index)
          : deleted(ITEM_DELETIONS, ASANA_ITSELF, { ...RULE, rule_name: ALICE['gid'] })(index),
      ),
      spread(60, 5, deleted(['task_undeleted', 'status_update_deleted'])),
    ],
  },
});

export const containerDelete = defineDetection({
  kind: 'threshold',
  id: 'asana.impact.container-delete',
  version: 2,
  title: 'Several projects, teams or portfolios deleted',
  severity: 'high',
  attack: ['T1485'],
  attackV18: ['T1485'],
  pattern: { 'detail-type': CONTAINER_DELETIONS },
  groupBy: BY_ACTOR,
  atLeast: 3,
  within: '60m',
  summary: (event, { count }) =>
    `${actorWords(event)} deleted ${count} projects, teams, portfolios or the like within an hour, the latest ${resourceWords(event, 'unnamed')}.`,
  triage: [
    'Ask the person in actor, by phone or in person, whether they do this. Do it within 15 minutes.',
    BRING_BACK,
    'Look whose work it was (resource.name): of the person in actor, or of teams that know nothing of it. Tell those.',
    'Read the events of actor.gid in the 24 hours before: exports and downloads (then it is extortion), a sign-in from an unknown context.client_ip_address.',
  ],
  falsePositives:
    'A clean-up of finished projects, mostly at the end of a quarter and by their owner. Asana archives projects too, which is no deletion.',
  references: [ASANA_EVENTS, technique('T1485')],
  examples: {
    alerts: [
      spread(3, 59, deleted(CONTAINER_DELETIONS)),
      ...oneOfEach(CONTAINER_DELETIONS, 3),
      spread(3, 5, deleted(['goal_deleted'])),
      spread(3, 5, deleted(CONTAINER_DELETIONS, BY_EMAIL)),
      spread(3, 5, deleted(CONTAINER_DELETIONS, { actor_type: 'asana_support' })),
      spread(3, 0, deleted(CONTAINER_DELETIONS, null)),
    ],
    silent: [
      spread(2, 5, deleted(CONTAINER_DELETIONS)),
      spread(3, 60, deleted(CONTAINER_DELETIONS)),
      spread(4, 5, inTurn(CONTAINER_DELETIONS, ALICE, BY_EMAIL)),
      spread(4, 5, inTurn(CONTAINER_DELETIONS, ...GID_ONLY)),
      spread(4, 5, inTurn(CONTAINER_DELETIONS, OTHER, BY_EMAIL)),
      spread(4, 5, inTurn(CONTAINER_DELETIONS, ASANA_ITSELF, null)),
      spread(5, 5, deleted(['project_undeleted', 'task_template_deleted'])),
    ],
  },
});

export const permanentDelete = defineDetection({
  kind: 'threshold',
  id: 'asana.impact.permanent-delete',
  version: 1,
  title: 'Permanent deletions',
  severity: 'high',
  attack: ['T1485'],
  attackV18: ['T1485'],
  pattern: { 'detail-type': FINAL_DELETIONS },
  groupBy: BY_ACTOR,
  // A single one says nothing that the trash would not: it is counted from ten on.
  atLeast: 10,
  within: '30m',
  summary: (event, { count }) =>
    `${actorWords(event)} deleted ${count} tasks, messages or status updates for good within half an hour, past the trash; the latest ${resourceWords(event, 'unnamed')}.`,
  triage: [
    'Ask the person in actor, by phone or in person, whether they do this and why for good. Do it within 15 minutes.',
    'If nobody vouches for it: deactivate the account in actor in the admin console, and ask Asana support at once what can be restored, naming resource.gid and created_at.',
    'Look for a backup: exports (workspace_export_started) of the 30 days before.',
    'Read what actor.gid deleted or exported in the 24 hours before, and how that account signed in (context.client_ip_address).',
  ],
  falsePositives:
    'Tools that keep to a retention rule: the same account, on a schedule. Personal data that a person asked to have erased.',
  references: [ASANA_EVENTS, technique('T1485')],
  examples: {
    alerts: [
      spread(10, 29, deleted(FINAL_DELETIONS)),
      ...oneOfEach(FINAL_DELETIONS, 10),
      spread(10, 5, deleted(FINAL_DELETIONS, BY_EMAIL)),
      spread(10, 5, deleted(FINAL_DELETIONS, { actor_type: 'asana_support' })),
      spread(10, 0, deleted(FINAL_DELETIONS, null)),
    ],
    silent: [
      spread(9, 5, deleted(FINAL_DELETIONS)),
      spread(10, 30, deleted(FINAL_DELETIONS)),
      spread(18, 5, inTurn(FINAL_DELETIONS, ALICE, BY_EMAIL)),
      spread(18, 5, inTurn(FINAL_DELETIONS, ...GID_ONLY)),
      spread(18, 5, inTurn(FINAL_DELETIONS, OTHER, BY_EMAIL)),
      spread(18, 5, inTurn(FINAL_DELETIONS, ASANA_ITSELF, null)),
      spread(15, 5, deleted(['task_deleted', 'message_deleted'])),
    ],
  },
});
