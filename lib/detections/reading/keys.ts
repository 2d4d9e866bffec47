// Reads the keys of definitions out of events: which group an event is in, which value it counts as.
// Never throws on an odd event; a definition's own `as` may, and that is its message's failure.
import type { Entity } from '../../contract/alert.ts';
import type { AuditLogEvent } from '../../contract/bus-event.ts';
import { beginningOf, shownText } from '../../text.ts';
import type { GroupBy, Key, KeyedGroup, Missing } from '../define.ts';
import { remembered } from '../remembered.ts';
import { actorWords, asText, field, fieldAt, resourceWords } from './fields.ts';

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

export type KeyReader = (event: AuditLogEvent) => FoundKey;

/** Reads the first of the paths that carries something. */
export function keyReader({ by, as, missing }: Key): KeyReader {
  const paths = by.map((path) => ({
    path,
    names: path.split('.'),
    isEmail: path.endsWith('email'),
  }));
  const none: FoundKey = { text: WITHOUT_KEY, missing };
  const coarser = as === undefined ? undefined : remembered(as);
  return (event) => {
    for (const { path, names, isEmail } of paths) {
      const found = textOf(fieldAt(event, names), isEmail);
      const text = found === undefined || coarser === undefined ? found : coarser(found);
      if (text !== undefined && text !== '') return { text: beginningOf(text, MAX_KEY), path };
    }
    return none;
  };
}

function textOf(value: unknown, isEmail: boolean): string | undefined {
  if (typeof value === 'string' && !isEmail) return value.trim() || undefined;
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

/** Answers undefined when the event is to be skipped for want of a key. */
export type GroupReader = (event: AuditLogEvent, workspaceGid: string) => FoundGroup | undefined;

const readers = new WeakMap<object, GroupReader>();

/** Detections that are grouped by the same definition share what it finds in the event at hand. */
export function groupReader(groupBy: GroupBy): GroupReader {
  if (groupBy === 'workspace') return workspaceGroup;
  const known = readers.get(groupBy);
  if (known !== undefined) return known;
  const read = keyedReader(groupBy);
  let lastEvent: AuditLogEvent | undefined;
  let last: FoundGroup | undefined;
  const reader: GroupReader = (event) => {
    if (event !== lastEvent) {
      last = read(event);
      lastEvent = event;
    }
    return last;
  };
  readers.set(groupBy, reader);
  return reader;
}

const workspaceGroup: GroupReader = (_event, workspaceGid) => {
  const label = `workspace ${workspaceGid}`;
  return { entity: { type: 'workspace', id: workspaceGid, label }, alone: false };
};

function keyedReader(groupBy: KeyedGroup): (event: AuditLogEvent) => FoundGroup | undefined {
  const { type, and } = groupBy;
  const readFirst = keyReader(groupBy);
  if (and === undefined) {
    return (event) => {
      const { text, path, missing } = readFirst(event);
      return missing === 'skip' ? undefined : group(event, type, text, path, text, missing);
    };
  }
  const readFurther = and.map(keyReader);
  return (event) => {
    const first = readFirst(event);
    let { text: id, missing } = first;
    if (missing === 'skip') return undefined;
    for (const read of readFurther) {
      const further = read(event);
      if (further.missing === 'skip') return undefined;
      // A part that is missing is left out, so that a person is the same entity with it as without.
      if (further.path !== undefined) id += ` + ${further.text}`;
      if (further.missing === 'alert') missing = 'alert';
    }
    return group(event, type, id, first.path, first.text, missing);
  };
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
  return { alone, entity: new NamedByEvent(type, shownId, event, path, text) };
}

/** An entity whose label is read only of those few events that an alert tells of. */
class NamedByEvent implements Entity {
  readonly type: string;
  readonly id: string;
  readonly #event: AuditLogEvent;
  readonly #path: string | undefined;
  readonly #text: string;

  constructor(
    type: string,
    id: string,
    event: AuditLogEvent,
    path: string | undefined,
    text: string,
  ) {
    this.type = type;
    this.id = id;
    this.#event = event;
    this.#path = path;
    this.#text = text;
  }

  get label(): string {
    return labelOf(this.#event, this.#path, this.#text, this.type);
  }

  toJSON(): Entity {
    return { type: this.type, id: this.id, label: this.label };
  }
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
