// What a detection is, and the check every definition passes when it is loaded (tests, synth, cold start).
// Definitions are data for the CDK app, the docs and the engines: nothing here runs one or knows AWS.
import * as z from 'zod';
import { type Severity, severitySchema } from '../contract/alert.ts';
import type { AuditLogEvent } from '../contract/bus-event.ts';
import { AuditBusError } from '../errors.ts';
import type { EntityOf } from './entity.ts';

/** The part of an EventBridge pattern that a detection says; `rulePattern` adds source, origin and replay-name. */
interface DetectionPattern {
  readonly 'detail-type': readonly unknown[];
  /** Conditions on the audit log event itself. */
  readonly detail?: { readonly data: Readonly<Record<string, unknown>> };
}

interface DetectionBase {
  /** `asana.<family>.<name>`, within `[a-z0-9.-]`: it goes into an input template and rule names. */
  readonly id: string;
  /** One more whenever what it matches, or what its alerts say, changes. */
  readonly version: number;
  readonly title: string;
  readonly severity: Severity;
  /** MITRE ATT&CK technique ids, v19. */
  readonly attack: readonly string[];
  /** The same in v18, before T1562.* was revoked, for tools that have not moved. */
  readonly attackV18: readonly string[];
  readonly pattern: DetectionPattern;
  readonly entity: EntityOf;
  /** One sentence for a person: who did what. Plain text, clean and short whatever the event holds. */
  readonly summary: (event: AuditLogEvent) => string;
  /** What to do, most urgent first. */
  readonly triage: readonly string[];
  readonly falsePositives: string;
  readonly references: readonly string[];
  readonly examples: {
    readonly alerts: readonly AuditLogEvent[];
    readonly silent: readonly AuditLogEvent[];
  };
}

/** Alerts on each single event that matches the pattern and, where data cannot say it, the condition `when`. */
export interface MatchDetection extends DetectionBase {
  readonly kind: 'match';
  /** Asked after the pattern matched. Pure; false means silent. */
  readonly when?: (event: AuditLogEvent) => boolean;
}

/** Every kind of detection; engines switch on `kind`. */
export type Detection = MatchDetection;

const techniques = z
  .array(
    z.string().regex(/^T\d{4}(\.\d{3})?$/, 'must be a technique id such as T1556 or T1098.003'),
  )
  .min(1, 'must name at least one technique');
const sentence = z.string().trim().min(1, 'must not be empty');
const isFunction = z.custom((value) => typeof value === 'function', 'must be a function');
const examples = z
  .array(z.looseObject({ gid: z.string(), created_at: z.string(), event_type: z.string() }))
  .min(2, 'must hold at least two events');

const detectionSchema = z.strictObject({
  kind: z.literal('match'),
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
  attack: techniques,
  attackV18: techniques,
  pattern: z.strictObject({
    'detail-type': z.array(z.unknown()).min(1, 'must name at least one event type'),
    detail: z.strictObject({ data: z.record(z.string(), z.unknown()) }).optional(),
  }),
  entity: isFunction,
  summary: isFunction,
  when: isFunction.optional(),
  triage: z.array(sentence).min(2, 'must hold at least two steps'),
  falsePositives: sentence,
  references: z
    .array(z.url({ protocol: /^https$/ }))
    .min(1, 'must hold at least one https address'),
  examples: z.strictObject({ alerts: examples, silent: examples }),
});

/**
 * Checks a definition and returns it frozen. The examples themselves are run by the tests.
 * @throws AuditBusError `detection.invalid`, naming the detection and every field that is wrong.
 */
export function defineDetection<T extends Detection>(definition: T): T {
  const parsed = detectionSchema.safeParse(definition);
  if (parsed.success) return Object.freeze(definition);
  const id = (definition as { id?: unknown } | undefined)?.id;
  const problems = parsed.error.issues.map((issue) => {
    const at = issue.path.map(String).join('.') || 'definition';
    return `  - ${at}: ${issue.message}`;
  });
  throw new AuditBusError(
    'detection.invalid',
    `Detection ${typeof id === 'string' ? id : '(without id)'} is not valid:\n${problems.join('\n')}`,
  );
}
