// Detections on work that is taken out and then destroyed.
import { defineDetection } from '../define.ts';
import { actorWords, resourceWords } from '../reading/fields.ts';
import { BY_PERSON_ACTING } from '../reading/groups.ts';
import { CONTAINER_DELETIONS, FINAL_DELETIONS, ITEM_DELETIONS } from './deletions.ts';
import { ALICE, ASANA_ITSELF, example, numbered, repeated, timeline } from './examples.ts';
import { ASANA_EVENTS, technique } from './references.ts';

const EXPORTS = [
  'workspace_export_started',
  'object_export_started',
  'workspace_attachment_export_started',
];
const CSV_EXPORTS = ['project_csv_export_started', 'search_report_export_started'];
const DOWNLOADED = 'attachment_downloaded';
const HOUR = 60;

type Part = Readonly<Record<string, unknown>>;
type Timed = ReturnType<typeof repeated>;
const act = (type: string, index = 0, actor: Part | null = ALICE) =>
  example({ type, actor, resource: numbered('task', index) });
const many = (types: readonly string[], count: number, from: number, actor: Part | null = ALICE) =>
  repeated(count, from, 0.1, (index) => act(types[index % types.length] ?? '', index, actor));
const exported = (type: string | undefined = EXPORTS[0], actor: Part | null = ALICE): Timed => [
  [0, act(type ?? '', 0, actor)],
];
const projects = (from: number) => many(CONTAINER_DELETIONS, 3, from);
/** Just so many as are needed, the given type among them. */
const withOne = (type: string, types: readonly string[], count: number, from: number): Timed => {
  const other = types.find((each) => each !== type) ?? type;
  return repeated(count, from, 0.1, (index) => act(index ? other : type, index));
};
const BY_EMAIL = { actor_type: 'user', gid: null, email: 'Carol@Example.com' };
const SAME_RESOURCE = (type: string, count: number): Timed =>
  repeated(count, 0, 0.1, () => act(type));

export const exportThenDelete = defineDetection({
  kind: 'sequence',
  id: 'asana.impact.export-then-delete',
  version: 1,
  title: 'Export or mass download, then mass deletion',
  severity: 'critical',
  attack: ['T1213', 'T1485'],
  attackV18: ['T1213', 'T1485'],
  groupBy: BY_PERSON_ACTING,
  within: '24h',
  // Built from the events, never from the alerts of other detections: those may be tuned or switched off.
  steps: [
    {
      name: 'taken',
      pattern: { 'detail-type': EXPORTS },
      or: [
        {
          pattern: { 'detail-type': CSV_EXPORTS },
          distinct: { by: ['resource.gid'], missing: 'own-group' },
          atLeast: 5,
        },
        {
          pattern: { 'detail-type': [DOWNLOADED] },
          distinct: { by: ['resource.gid'], missing: 'own-group' },
          atLeast: 50,
        },
      ],
    },
    {
      name: 'destroyed',
      pattern: { 'detail-type': CONTAINER_DELETIONS },
      atLeast: 3,
      or: [
        { pattern: { 'detail-type': ITEM_DELETIONS }, atLeast: 50 },
        { pattern: { 'detail-type': FINAL_DELETIONS }, atLeast: 10 },
      ],
    },
  ],
  summary: (event, { count }) =>
    `${actorWords(event)} took work out in bulk and then began to destroy it, all within a day (${count} events), the latest ${resourceWords(event, 'unnamed')}: this is how extortion looks.`,
  triage: [
    'Deactivate the account in actor in the admin console within 15 minutes, and revoke its apps and personal access tokens: asking comes after.',
    'Bring the work back from the trash within 30 days; ask Asana support at once for what was deleted for good, naming resource.gid and created_at.',
    'Ask Asana support to cancel an export that runs, and treat what was exported or downloaded as disclosed: begin your breach procedure.',
    'Read all events of actor.gid in the 7 days before: how that account signed in (context.client_ip_address, details.method), roles granted, second factors switched off.',
    'Ask the person in actor, by phone or in person, whether it was they: a move to another product looks the same.',
  ],
  falsePositives:
    'A team that moves to another product: exported, checked, deleted, announced beforehand. Suppress it for the account that does it, for the days it takes.',
  references: [ASANA_EVENTS, technique('T1213'), technique('T1485')],
  examples: {
    alerts: [
      ...EXPORTS.map((type) => timeline(...exported(type), ...projects(5))),
      ...CSV_EXPORTS.map((type) => timeline(...withOne(type, CSV_EXPORTS, 5, 0), ...projects(5))),
      timeline(...many([DOWNLOADED], 50, 0), ...projects(23 * HOUR + 59)),
      ...CONTAINER_DELETIONS.map((type) =>
        timeline(...exported(), ...withOne(type, CONTAINER_DELETIONS, 3, 5)),
      ),
      ...ITEM_DELETIONS.map((type) =>
        timeline(...exported(), ...withOne(type, ITEM_DELETIONS, 50, 5)),
      ),
      ...FINAL_DELETIONS.map((type) =>
        timeline(...exported(), ...withOne(type, FINAL_DELETIONS, 10, 5)),
      ),
      timeline(...exported(undefined, BY_EMAIL), ...many(CONTAINER_DELETIONS, 3, 5, BY_EMAIL)),
      timeline(
        ...many(CSV_EXPORTS, 4, 0),
        [1, example({ type: CSV_EXPORTS[0] ?? '', resource: null })],
        ...projects(5),
      ),
      timeline(
        ...many([DOWNLOADED], 49, 0),
        [5, example({ type: DOWNLOADED, resource: null })],
        ...projects(6),
      ),
    ],
    silent: [
      timeline(
        ...exported(),
        ...many(CONTAINER_DELETIONS, 2, 5),
        ...many(ITEM_DELETIONS, 49, 6),
        ...many(FINAL_DELETIONS, 9, 20),
      ),
      timeline(...many(CSV_EXPORTS, 4, 0), ...many([DOWNLOADED], 49, 1), ...projects(10)),
      timeline(...SAME_RESOURCE(CSV_EXPORTS[0] ?? '', 20), ...projects(10)),
      timeline(...SAME_RESOURCE(DOWNLOADED, 80), ...projects(10)),
      timeline([0, example({ type: CSV_EXPORTS[0] ?? '', resource: null })], ...projects(10)),
      timeline([0, example({ type: DOWNLOADED, resource: null })], ...projects(10)),
      timeline(...projects(0), [5, act(EXPORTS[0] ?? '')]),
      timeline(...exported(), ...projects(24 * HOUR)),
      timeline(...exported(undefined, { ...ALICE, gid: '1201000000000009' }), ...projects(5)),
      timeline(...exported('workspace_members_export_started'), ...projects(5)),
      timeline(...exported(), ...many(['project_undeleted'], 60, 5)),
      timeline(
        ...exported(undefined, ASANA_ITSELF),
        ...many(CONTAINER_DELETIONS, 3, 5, ASANA_ITSELF),
      ),
    ],
  },
});
