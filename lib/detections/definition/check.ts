// The check every definition passes when it is loaded (tests, synth, cold start): shape, ATT&CK ids, event types, pattern.
// What the fields mean is define.ts's; whether the examples do what they say is the tests'.
import * as z from 'zod';
import { LONGEST_WINDOW_MS } from '../../alerts/lifetimes.ts';
import { isKnownEventType } from '../../asana/event-types.ts';
import { severitySchema } from '../../contract/alert.ts';
import { AuditBusError, describeError } from '../../errors.ts';
import type { Detection } from '../define.ts';
import { validateEventPattern } from '../event-pattern.ts';
import { ATTACK_TECHNIQUES } from './attack.ts';
import { patternsOf, rulePattern } from './rule-pattern.ts';
import { readSpan } from './spans.ts';
import { waysOf } from './ways.ts';

/** Learning for less than the grace would let the order of delivery decide. */
const SHORTEST_LEARN_MS = 3_600_000;
const SHORTEST_FORGET_MS = 86_400_000;
/** Of values that are counted: each is kept. */
const MOST_VALUES = 100;

const sentence = z.string().trim().min(1, 'must not be empty');
const isFunction = z.custom((value) => typeof value === 'function', 'must be a function');
const span = z.custom<string>((value) => readSpan(value) !== undefined, {
  error: 'must be a length of time such as 15m, 24h or 14d',
});
const window = z.custom<string>(
  (value) => (readSpan(value) ?? Number.POSITIVE_INFINITY) <= LONGEST_WINDOW_MS,
  { error: 'must be a length of time of at most 14 days, such as 15m, 24h or 14d' },
);
const path = z
  .string()
  .regex(/^[a-z_]+(\.[a-z_]+)+$|^[a-z_]+$/, 'must be a dotted path such as resource.gid');
const techniques = z.array(z.string()).min(1, 'must name at least one technique');
const lists = z.record(z.string().regex(/^[a-zA-Z]+$/), z.array(z.string()));

const isEvent = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  ['gid', 'created_at', 'event_type'].every(
    (name) => typeof (value as Record<string, unknown>)[name] === 'string',
  );
// By hand rather than by shape: there are thousands, and a cold start waits for it.
const exampleOf = z.custom(
  (value) => (Array.isArray(value) ? value.length > 0 && value.every(isEvent) : isEvent(value)),
  'must be an event with gid, created_at and event_type, or a list of such',
);
const examples = z.array(exampleOf).min(2, 'must hold at least two examples');

const pattern = z.strictObject({
  'detail-type': z.array(z.unknown()).min(1, 'must name at least one event type'),
  detail: z.strictObject({ data: z.record(z.string(), z.unknown()) }).optional(),
});

const key = {
  by: z.array(path).min(1, 'must name at least one field'),
  as: isFunction.optional(),
  missing: z.enum(['skip', 'own-group', 'alert'], 'must be skip, own-group or alert'),
};
const groupBy = z.union(
  [
    z.literal('workspace'),
    z.strictObject({
      ...key,
      type: z.string().regex(/^[a-z_]{1,40}$/, 'must be a type such as user'),
      and: z.array(z.strictObject(key)).optional(),
    }),
  ],
  "must be 'workspace' or { type, by, missing }, with by a list of dotted paths and missing skip, own-group or alert",
);
const counted = (least: number, most: number) =>
  z.int().min(least, `must be at least ${least}`).max(most, `must be at most ${most}`);

const base = {
  id: z
    .string()
    .regex(/^asana\.[a-z0-9-]+\.[a-z0-9-]+$/, 'must be asana.<family>.<name> within [a-z0-9.-]')
    .max(64, 'must be at most 64 characters, the limit of a rule name'),
  version: z.int().positive(),
  title: sentence.max(
    80,
    'must be at most 80 characters, to fit a Slack header and an e-mail subject',
  ),
  severity: severitySchema,
  status: z.enum(['active', 'staged', 'off']).optional(),
  severityOf: isFunction.optional(),
  attack: techniques,
  attackV18: techniques,
  window: window.optional(),
  lists: lists.optional(),
  summary: isFunction,
  triage: z.array(sentence).min(2, 'must hold at least two steps'),
  falsePositives: sentence,
  references: z
    .array(z.url({ protocol: /^https$/ }))
    .min(1, 'must hold at least one https address'),
  examples: z.strictObject({ alerts: examples, silent: examples }),
};
const looksAt = { pattern, when: isFunction.optional() };
const counterpart = z.strictObject({ ...looksAt, groupBy: groupBy.optional() });
const way = {
  ...looksAt,
  atLeast: counted(1, 100).optional(),
  distinct: z.strictObject(key).optional(),
  groupBy: groupBy.optional(),
};

const kinds = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ ...base, ...looksAt, kind: z.literal('match'), entity: isFunction }),
    z.strictObject({
      ...base,
      ...looksAt,
      kind: z.literal('threshold'),
      groupBy,
      atLeast: counted(2, 200),
      distinct: z.strictObject(key).optional(),
      within: span,
    }),
    z.strictObject({
      ...base,
      ...looksAt,
      kind: z.literal('newValue'),
      groupBy,
      value: z.strictObject(key),
      learn: span,
      forget: span,
      remember: span.optional(),
      entity: z.literal('value').optional(),
      valueType: z
        .string()
        .regex(/^[a-z_]{1,40}$/)
        .optional(),
    }),
    z.strictObject({
      ...base,
      kind: z.literal('sequence'),
      groupBy,
      within: span,
      steps: z
        .array(
          z.strictObject({
            ...way,
            name: sentence,
            or: z
              .array(z.strictObject(way))
              .min(1, 'must hold at least one other way')
              .max(4, 'must hold at most four other ways')
              .optional(),
          }),
        )
        .min(2, 'must hold at least two steps')
        .max(5, 'must hold at most five steps'),
      unless: counterpart.optional(),
    }),
    z.strictObject({
      ...base,
      ...looksAt,
      kind: z.literal('absence'),
      groupBy,
      expected: counterpart,
      within: span,
    }),
  ],
  'must be match, threshold, newValue, sequence or absence',
);

/** @throws AuditBusError `detection.invalid`, naming the detection and every field that is wrong. */
export function checkDefinition(definition: Detection): void {
  const parsed = kinds.safeParse(definition);
  const problems = parsed.success
    ? [...meaningProblems(definition)]
    : parsed.error.issues.map((issue) => {
        const at = issue.path.map(String).join('.') || 'definition';
        return `${at}: ${issue.message}`;
      });
  if (problems.length === 0) return;
  const id = (definition as { id?: unknown } | undefined)?.id;
  throw new AuditBusError(
    'detection.invalid',
    `Detection ${typeof id === 'string' ? id : '(without id)'} is not valid:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
  );
}

/** @throws AuditBusError `detection.invalid`, naming each id that is there twice. */
export function checkIds(ids: readonly string[]): void {
  const twice = new Set(ids.filter((id, at) => ids.indexOf(id) < at));
  if (twice.size === 0) return;
  throw new AuditBusError(
    'detection.invalid',
    `Detections have ids of their own; these are used twice: ${[...twice].join(', ')}`,
  );
}

/** What a shape alone cannot say, of a definition whose shape is right. */
function* meaningProblems(definition: Detection): Generator<string> {
  yield* attackProblems(definition);
  yield* eventTypeProblems(definition);
  if (definition.kind === 'threshold' && definition.distinct !== undefined) {
    if (definition.atLeast > MOST_VALUES) yield `atLeast: must be at most ${MOST_VALUES} values`;
  }
  if (definition.kind === 'newValue') {
    if ((readSpan(definition.learn) ?? 0) < SHORTEST_LEARN_MS) yield 'learn: must be at least 1h';
    if ((readSpan(definition.forget) ?? 0) < SHORTEST_FORGET_MS)
      yield 'forget: must be at least 1d';
    const longest = Math.max(readSpan(definition.learn) ?? 0, readSpan(definition.forget) ?? 0);
    if (definition.remember !== undefined && (readSpan(definition.remember) ?? 0) < longest)
      yield 'remember: must be no shorter than learn and forget';
  }
  try {
    validateEventPattern(rulePattern(definition, { alertOnHistory: true }));
  } catch (error) {
    const at = definition.kind === 'sequence' ? 'steps' : 'pattern';
    yield `${at}: EventBridge refuses the pattern of the rule: ${describeError(error)}`;
  }
}

function* attackProblems({ attack, attackV18 }: Detection): Generator<string> {
  for (const [index, id] of attack.entries()) {
    if (!ATTACK_TECHNIQUES.has(id)) {
      yield `attack.${index}: ${JSON.stringify(id)} is not among the techniques of lib/detections/definition/attack.ts`;
    }
  }
  const before = new Set([...ATTACK_TECHNIQUES.values()].map(({ v18 }) => v18));
  for (const [index, id] of attackV18.entries()) {
    if (!before.has(id)) {
      yield `attackV18.${index}: ${JSON.stringify(id)} is not among the v18 ids of lib/detections/definition/attack.ts`;
    }
  }
}

function* eventTypeProblems(definition: Detection): Generator<string> {
  for (const [index, looked] of patternsOf(definition).entries()) {
    for (const type of looked['detail-type']) {
      if (typeof type === 'string' && !isKnownEventType(type)) {
        yield `${patternPlace(definition, index)}.detail-type: Asana sends no event type ${JSON.stringify(type)}, going by lib/asana/event-types.ts`;
      }
    }
  }
}

function patternPlace(definition: Detection, index: number): string {
  if (definition.kind !== 'sequence') return index === 0 ? 'pattern' : 'expected.pattern';
  const ways = waysOf(definition);
  const step = ways[index]?.step;
  if (step === undefined) return 'unless.pattern';
  const way = index - ways.findIndex((each) => each.step === step);
  return way === 0 ? `steps.${step}.pattern` : `steps.${step}.or.${way - 1}.pattern`;
}
