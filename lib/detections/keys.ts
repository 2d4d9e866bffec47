// Reads the keys of definitions out of events: which group an event is in, which value it counts as.
// Never throws on an odd event; a definition's own `as` may, and that is its message's failure.
import type { Entity } from '../contract/alert.ts';
import type { AuditLogEvent } from '../contract/bus-event.ts';
import { shownText } from '../text.ts';
import type { GroupBy, Key, Missing } from './define.ts';
import { actorWords, asText, field, resourceWords } from './fields.ts';

/** Longer texts are cut: no id of Asana's comes near, and the key has to fit an item. */
const MAX_KEY = 200;
const MAX_LIST = 20;
/** The key of all events that carry none, where a definition puts them together. */
const WITHOUT_KEY = '(none)';

export interface FoundKey {
  readonly text: string;
  /** The path that carried it; undefined when none did. */
  readonly path?: string;
  /** What the definition says about it when nothing carried it. */
  readonly missing?: Missing;
}

/** The first of the paths that carries something. */
export function readKey(event: AuditLogEvent, key: Key): FoundKey {
  for (const path of key.by) {
    const found = textOf(field(event, ...namesOf(path)), path.endsWith('email'));
    const text = found === undefined || key.as === undefined ? found : key.as(found);
    if (text !== undefined && text !== '') return { text: text.slice(0, MAX_KEY), path };
  }
  return { text: WITHOUT_KEY, missing: key.missing };
}

const split = new Map<string, readonly string[]>();

/** The names of a definition's path: there are few of those, and each is read in many events. */
function namesOf(path: string): readonly string[] {
  const known = split.get(path);
  if (known !== undefined) return known;
  const names = path.split('.');
  split.set(path, names);
  return names;
}

function textOf(value: unknown, isEmail: boolean): string | undefined {
  const text = Array.isArray(value)
    ? value
        .slice(0, MAX_LIST)
        .map((each) => asText(each)?.trim())
        .filter((each) => each !== undefined)
        .sort()
        .join(',')
    : asText(value)?.trim();
  return isEmail ? text?.toLowerCase() : text;
}

export interface FoundGroup {
  readonly entity: Entity;
  /** The event is to alert at once, for want of a key. */
  readonly alone: boolean;
}

/** Undefined when the event is to be skipped for want of a key. */
export function readGroup(
  event: AuditLogEvent,
  groupBy: GroupBy,
  workspaceGid: string,
): FoundGroup | undefined {
  if (groupBy === 'workspace') {
    const label = `workspace ${workspaceGid}`;
    return { entity: { type: 'workspace', id: workspaceGid, label }, alone: false };
  }
  if (groupBy.and === undefined) {
    const { text, path, missing } = readKey(event, groupBy);
    return missing === 'skip' ? undefined : group(event, groupBy.type, text, path, text, missing);
  }
  const keys = [groupBy, ...(groupBy.and ?? [])].map((key) => readKey(event, key));
  const missing = keys.map((key) => key.missing);
  if (missing.includes('skip')) return undefined;
  const [first] = keys;
  // A further part that is missing is left out, so that a person is the same entity with it as without.
  const parts = keys.filter(({ path }, index) => index === 0 || path !== undefined);
  const id = parts.map(({ text }) => text).join(' + ');
  const isAlert = missing.includes('alert') ? 'alert' : undefined;
  return group(event, groupBy.type, id, first?.path, first?.text ?? '', isAlert);
}

function group(
  event: AuditLogEvent,
  type: string,
  id: string,
  path: string | undefined,
  text: string,
  missing: Missing | undefined,
): FoundGroup {
  const alone = missing === 'alert';
  // Events that alert by themselves have a group of their own, apart from what is counted.
  const shownId = shownText(alone ? `${id} (alone)` : id, 2 * MAX_KEY) || WITHOUT_KEY;
  let label: string | undefined;
  return {
    alone,
    entity: {
      type,
      id: shownId,
      // Read only of those few events that an alert tells of.
      get label() {
        label ??= labelOf(event, path, text, type);
        return label;
      },
    },
  };
}

/** What a person calls the thing at `path`. */
export function labelOf(
  event: AuditLogEvent,
  path: string | undefined,
  text: string,
  type: string,
): string {
  if (path === undefined) return `events without ${/^[aeiou]/.test(type) ? 'an' : 'a'} ${type}`;
  if (path.startsWith('actor.')) return actorWords(event);
  if (path.startsWith('resource.')) return resourceWords(event);
  const named = path.endsWith('_gid')
    ? asText(field(event, ...path.replace(/_gid$/, '_name').split('.')))
    : undefined;
  return shownText(named ?? text, MAX_KEY) || type;
}
