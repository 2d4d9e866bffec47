// What a suppression may hold: checks what a person gave and makes one of it, or says all that is wrong. Pure.
import type { Suppression } from '../../contract/operator.ts';
import { readSpan } from '../../detections/definition/spans.ts';
import { parseCidr } from '../../detections/event-pattern/address.ts';
import { digitsOf, singleAddress } from '../../detections/reading/networks.ts';
import { ConfigurationError } from '../../errors.ts';
import { readInstant } from '../../instant.ts';
import { nearest } from '../../nearest.ts';
import { cleanText } from '../../text.ts';
import { CONDITIONS } from './suppression.ts';

/** As given on a command line: conditions by name, each with its values. */
export interface SuppressionInput {
  readonly detection: string | undefined;
  readonly conditions: Readonly<
    Partial<Record<keyof Suppression['conditions'], readonly string[] | undefined>>
  >;
  readonly reason: string | undefined;
  readonly owner: string | undefined;
  /** A length of time such as `30d`, or an instant. */
  readonly expires: string | undefined;
}

export interface SuppressionContext {
  readonly id: string;
  readonly by: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly detectionIds: readonly string[];
}

const DAY = 86_400_000;
export const MAX_DAYS = 90;
const MAX_VALUES = 20;
const MAX_TEXT = 500;
/** What is wider is a country's worth of addresses: the exception would be the rule. */
const LEAST_BITS = { 4: 8, 6: 16 } as const;

/** @throws ConfigurationError with every problem: the flag, what was given, what to do */
export function makeSuppression(input: SuppressionInput, context: SuppressionContext): Suppression {
  const problems: string[] = [];
  const { id, by, now, detectionIds } = context;
  const detectionId = input.detection ?? '';
  if (detectionId === '') {
    problems.push("--detection is wanted: a detection's id, or '*' for all");
  } else if (detectionId !== '*' && !detectionIds.includes(detectionId)) {
    problems.push(unknownDetection(detectionId, detectionIds));
  }
  const conditions: Record<string, string[]> = {};
  for (const name of CONDITIONS) {
    const values = input.conditions[name]?.map((value) => value.trim()) ?? [];
    if (values.length === 0) continue;
    if (values.length > MAX_VALUES) {
      problems.push(`--${name}: given ${values.length} times; give at most ${MAX_VALUES}`);
    }
    for (const value of values) {
      const wanted = wantedInstead(name, value);
      if (wanted !== undefined) problems.push(`--${name}: given ${shown(value)}; ${wanted}`);
    }
    conditions[name] = [...new Set(values)];
  }
  if (detectionId === '*' && Object.keys(conditions).length === 0) {
    problems.push(
      `--detection '*' without a condition would suppress every alert: give one of ${CONDITIONS.map((name) => `--${name}`).join(', ')}`,
    );
  }
  const reason = readText('reason', input.reason, 'why this is no incident', problems);
  const owner = readText('owner', input.owner, 'who answers for it: a person or a team', problems);
  const expiresAt = readExpiry(input.expires, now, problems);
  if (problems.length > 0) throw new ConfigurationError('The suppression', problems);
  const createdAt = new Date(now).toISOString();
  return { id, detectionId, conditions, reason, owner, createdBy: by, createdAt, expiresAt };
}

function unknownDetection(id: string, ids: readonly string[]): string {
  const { known, distance } = nearest(id, ids);
  const hint =
    distance <= Math.max(3, id.length / 3)
      ? `did you mean ${known}?`
      : `docs/detections.md lists the ids; the nearest is ${known}`;
  return `--detection: given ${shown(id)}; there is no such detection; ${hint}`;
}

function wantedInstead(name: (typeof CONDITIONS)[number], value: string): string | undefined {
  if (name === 'ip') return addressProblem(value);
  if (name === 'entity') {
    return /^[\w-]{1,40}:\S(.{0,198}\S)?$/.test(value)
      ? undefined
      : 'give type:id as alerts show it, such as user:1200000000000001';
  }
  return /^\d{1,32}$/.test(value)
    ? undefined
    : 'give the digits of a gid: names and e-mail addresses can be changed by whoever bears them';
}

function addressProblem(value: string): string | undefined {
  const single = singleAddress(value);
  if (single !== undefined && digitsOf(single) !== undefined) return undefined;
  const range = single === undefined ? parseCidr(value) : '';
  if (typeof range === 'string') {
    return 'give an address or a CIDR range, such as 192.0.2.7, 192.0.2.0/24 or 2001:db8::/48';
  }
  const least = LEAST_BITS[range.bottom.length === 8 ? 4 : 6];
  return Number(value.split('/')[1]) < least
    ? `that is too wide a range: give /${least} or narrower`
    : undefined;
}

function readText(
  name: string,
  given: string | undefined,
  meaning: string,
  problems: string[],
): string {
  const text = cleanText(given ?? '');
  if (text === '') problems.push(`--${name} is wanted: ${meaning}`);
  if (text.length > MAX_TEXT) {
    problems.push(
      `--${name}: given ${text.length} characters; give ${MAX_TEXT} at most (${meaning})`,
    );
  }
  return text;
}

function readExpiry(given: string | undefined, now: number, problems: string[]): string {
  const wanted = `a length of time such as 30d or 12h, or an instant such as 2026-12-24T00:00:00Z, ${MAX_DAYS} days ahead at most`;
  if (given === undefined) {
    problems.push(`--expires is wanted: ${wanted}`);
    return '';
  }
  const span = readSpan(given);
  const at = span === undefined ? readInstant(given) : now + span;
  if (at === undefined) problems.push(`--expires: given ${shown(given)}; give ${wanted}`);
  else if (at <= now)
    problems.push(`--expires: given ${shown(given)}, which is past; give ${wanted}`);
  else if (at > now + MAX_DAYS * DAY) {
    problems.push(
      `--expires: given ${shown(given)}, which is more than ${MAX_DAYS} days ahead; give ${wanted}`,
    );
  } else return new Date(at).toISOString();
  return '';
}

function shown(value: string): string {
  const text = JSON.stringify(cleanText(value));
  return text.length > 80 ? `${text.slice(0, 80)}...` : text;
}
