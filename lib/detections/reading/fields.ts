// Reads fields of an audit log event, whose shape nobody promises, and puts them into words for summaries and labels.
// Never throws on an odd event; every text it returns is clean and short.
import { numberText, stringifyLossless } from '../../asana/lossless-json.ts';
import type { AuditLogEvent } from '../../contract/bus-event.ts';
import { shownText } from '../../text.ts';
import { ownMember } from '../own-member.ts';

const MAX_WORDS = 120;

/** The value at a path, or undefined when any part of the way is not an object. Own properties only. */
export function field(event: AuditLogEvent, ...path: readonly string[]): unknown {
  return fieldAt(event, path);
}

/** The same for a path that is at hand as a list. */
export function fieldAt(event: AuditLogEvent, path: readonly string[]): unknown {
  let at: unknown = event;
  for (const name of path) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = ownMember(at, name);
  }
  return at;
}

/** A non-empty string, or a number's digits; anything else is no text. */
export function asText(value: unknown): string | undefined {
  if (typeof value === 'string') return value.trim() === '' ? undefined : value;
  return numberText(value);
}

/** Who did it: name and email, else email, else what kind of actor it was. Actors may carry nothing but their type. */
export function actorWords(event: AuditLogEvent): string {
  const name = asText(field(event, 'actor', 'name'));
  const email = asText(field(event, 'actor', 'email'));
  if (name && email) return `${words(name)} (${words(email)})`;
  if (name ?? email) return words(name ?? email);
  const type = asText(field(event, 'actor', 'actor_type'));
  const gid = asText(field(event, 'actor', 'gid'));
  if (gid) return `${words(type?.replaceAll('_', ' ') ?? 'user')} ${words(gid)}`;
  return (
    ACTOR_TYPE_WORDS.get(type ?? '') ??
    (type ? words(type.replaceAll('_', ' ')) : 'Someone unnamed')
  );
}

const ACTOR_TYPE_WORDS: ReadonlyMap<string, string> = new Map([
  ['user', 'An unnamed user'],
  ['asana', 'Asana itself'],
  ['asana_support', 'Asana support'],
  ['anonymous', 'Someone not signed in'],
  ['external_administrator', 'An external administrator'],
]);

/** What it was done to: name and email, else whichever there is, else type and gid, else `fallback`. */
export function resourceWords(event: AuditLogEvent, fallback = 'the workspace'): string {
  const name = asText(field(event, 'resource', 'name'));
  const email = asText(field(event, 'resource', 'email'));
  if (name && email) return `${words(name)} (${words(email)})`;
  if (name ?? email) return words(name ?? email);
  const type = asText(field(event, 'resource', 'resource_type'))?.replaceAll('_', ' ');
  const gid = asText(field(event, 'resource', 'gid'));
  if (type && gid) return `${words(type)} ${words(gid)}`;
  return type || gid ? words(type ?? gid) : fallback;
}

/** A value of `details` as a person would say it; null and absent are "nothing". */
export function valueWords(value: unknown): string {
  if (value === null || value === undefined || value === '') return 'nothing';
  if (typeof value === 'string') return words(value);
  return words(stringifyLossless(value) ?? 'something');
}

/** "from X to Y" of `details`, leaving out an old value that Asana did not give. */
export function changeWords(event: AuditLogEvent): string {
  const to = valueWords(field(event, 'details', 'new_value'));
  const old = field(event, 'details', 'old_value');
  return old === null || old === undefined ? `to ${to}` : `from ${valueWords(old)} to ${to}`;
}

function words(value: string | undefined): string {
  return shownText(value ?? '', MAX_WORDS) || 'something unreadable';
}
