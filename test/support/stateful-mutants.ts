// Detections that keep a state with one condition less, or one number off by one: what their examples have to notice.
// Makes definitions only, unchecked: some are such as nobody may write.
import type {
  DetectionPattern,
  GroupBy,
  Key,
  Missing,
  StatefulDetection,
} from '../../lib/detections/define.ts';
import { mutantsOf } from './pattern-mutants.ts';

export interface StatefulMutant {
  /** What is changed, for the test's name. */
  readonly without: string;
  readonly detection: StatefulDetection;
}

type Node = Record<string, unknown>;
interface Change {
  readonly what: string;
  readonly node: unknown;
}

const POLICIES: readonly Missing[] = ['skip', 'own-group', 'alert'];
const ANY_TYPE = [{ exists: true }];

export function statefulMutantsOf(detection: StatefulDetection): StatefulMutant[] {
  return [...changesOf(detection as unknown as Node)].map(({ what, node }) => ({
    without: what,
    detection: node as StatefulDetection,
  }));
}

/** Each field of a definition, a step, a way or a counterpart, changed alone. */
function* changesOf(node: Node): Generator<Change> {
  for (const [name, value] of Object.entries(node)) {
    for (const { what, node: changed } of fieldChanges(name, value)) {
      const { [name]: _, ...rest } = node;
      yield {
        what: `${name}${what}`,
        node: changed === undefined ? rest : { ...node, [name]: changed },
      };
    }
  }
}

function* fieldChanges(name: string, value: unknown): Generator<Change> {
  switch (name) {
    case 'pattern':
      yield* patternChanges(value as DetectionPattern);
      break;
    case 'when':
      yield { what: ' always', node: undefined };
      yield { what: ' never', node: () => false };
      break;
    case 'groupBy':
      yield* groupChanges(value as GroupBy);
      break;
    case 'distinct':
      yield { what: ' gone', node: undefined };
      yield* keyChanges(value as Key);
      break;
    case 'value':
      yield* keyChanges(value as Key);
      break;
    case 'atLeast':
      yield { what: ' one more', node: Number(value) + 1 };
      if (Number(value) > 1) yield { what: ' one less', node: Number(value) - 1 };
      break;
    case 'within':
    case 'learn':
    case 'forget':
      yield* spanChanges(String(value));
      break;
    case 'unless':
      yield { what: ' gone', node: undefined };
      yield* inside(value as Node);
      break;
    case 'expected':
      yield* inside(value as Node);
      break;
    case 'steps':
    case 'or':
      yield* memberChanges(value as readonly Node[]);
      break;
  }
}

function* inside(node: Node): Generator<Change> {
  for (const { what, node: changed } of changesOf(node)) yield { what: `.${what}`, node: changed };
}

function* memberChanges(members: readonly Node[]): Generator<Change> {
  for (const [index, member] of members.entries()) {
    const rest = members.toSpliced(index, 1);
    yield { what: `[${index}] gone`, node: rest.length === 0 ? undefined : rest };
    for (const { what, node } of changesOf(member)) {
      yield { what: `[${index}].${what}`, node: members.with(index, node as Node) };
    }
  }
}

function* patternChanges(pattern: DetectionPattern): Generator<Change> {
  const isForAnyType = JSON.stringify(pattern['detail-type']) === JSON.stringify(ANY_TYPE);
  for (const { without, pattern: mutant } of mutantsOf({ ...pattern })) {
    if (without === 'detail-type' && isForAnyType) continue;
    yield { what: ` ${without}`, node: { 'detail-type': ANY_TYPE, ...mutant } };
  }
}

function* groupChanges(groupBy: GroupBy): Generator<Change> {
  if (groupBy === 'workspace') {
    const byActor = { type: 'user', by: ['actor.gid', 'actor.actor_type'], missing: 'own-group' };
    yield { what: ' the actor', node: byActor };
    return;
  }
  yield { what: ' the workspace', node: 'workspace' };
  yield* keyChanges(groupBy);
  for (const [index, key] of (groupBy.and ?? []).entries()) {
    yield {
      what: `.and[${index}] gone`,
      node: { ...groupBy, and: groupBy.and?.toSpliced(index, 1) },
    };
    for (const { what, node } of keyChanges(key)) {
      yield {
        what: `.and[${index}]${what}`,
        node: { ...groupBy, and: groupBy.and?.with(index, node as Key) },
      };
    }
  }
}

function* keyChanges(key: Key): Generator<Change> {
  if (key.by.length > 1) {
    for (const [index, path] of key.by.entries()) {
      yield { what: ` by ${path} no more`, node: { ...key, by: key.by.toSpliced(index, 1) } };
    }
  }
  if (key.as !== undefined) {
    const { as: _, ...plain } = key;
    yield { what: ' as it is', node: plain };
  }
  for (const missing of POLICIES) {
    if (missing !== key.missing) yield { what: ` missing: ${missing}`, node: { ...key, missing } };
  }
}

/** One more and one less of its own unit. */
function* spanChanges(span: string): Generator<Change> {
  const [count, unit] = [Number(span.slice(0, -1)), span.slice(-1)];
  yield { what: ` of ${count + 1}${unit}`, node: `${count + 1}${unit}` };
  if (count > 1) yield { what: ` of ${count - 1}${unit}`, node: `${count - 1}${unit}` };
}
