// Reads the few fields of an audit log event that the feed itself relies on. Nothing here is a schema: all else passes.
import { parseInstant } from '../instant.ts';
import { isJsonObject, numberText } from './lossless-json.ts';

/** Asana's are 16 digits; what is longer than this is no identity that anything could remember. */
const MAX_GID_CHARACTERS = 256;

/** The event's identity everywhere; undefined when there is none. A number counts by its digits. */
export function gidOf(event: Record<string, unknown>): string | undefined {
  const given = event['gid'];
  const gid = typeof given === 'string' ? given : numberText(given);
  return gid !== undefined && gid !== '' && gid.length <= MAX_GID_CHARACTERS ? gid : undefined;
}

/**
 * `created_at` in milliseconds since the epoch, or undefined when absent, unreadable or before 1970. Asana sends UTC with
 * milliseconds; other zones, a missing one, and the form in which databases hand it on are understood.
 */
export function createdAtOf(event: Record<string, unknown>): number | undefined {
  const createdAt = event['created_at'];
  if (typeof createdAt !== 'string') return undefined;
  const ofDay = instantOn(knownDay, createdAt) ?? instantOn(dayBefore, createdAt);
  if (ofDay !== undefined) return ofDay;
  const instant = parseInstant(createdAt);
  if (instant === undefined || instant < 0) return undefined;
  if (ASANAS_FORM.test(createdAt)) {
    dayBefore = knownDay;
    knownDay = { date: createdAt.slice(0, 11), start: Math.floor(instant / DAY_MS) * DAY_MS };
  }
  return instant;
}

const DAY_MS = 86_400_000;
/** `2026-10-05T09:00:00.123Z` */
const ASANAS_FORM = /^\d{4}-\d{2}-\d{2}T([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;
interface Day {
  /** With the T after it. */
  readonly date: string;
  readonly start: number;
}
/** Histories are read by the million, and most of their events are of the day of the one before; read ahead, of two. */
let knownDay: Day = { date: '', start: 0 };
let dayBefore = knownDay;

function instantOn({ date, start }: Day, text: string): number | undefined {
  if (text.length !== 24 || !text.startsWith(date) || date === '') return undefined;
  const hours = twoDigits(text, 11);
  const minutes = twoDigits(text, 14);
  const seconds = twoDigits(text, 17);
  const milliseconds = 10 * twoDigits(text, 20) + digit(text, 22);
  const isAsanas =
    text[13] === ':' && text[16] === ':' && text[19] === '.' && text[23] === 'Z' && hours < 24;
  if (!isAsanas || !(minutes < 60) || !(seconds < 60)) return undefined;
  const instant = start + ((hours * 60 + minutes) * 60 + seconds) * 1_000 + milliseconds;
  return Number.isNaN(instant) ? undefined : instant;
}

function twoDigits(text: string, at: number): number {
  return 10 * digit(text, at) + digit(text, at + 1);
}

function digit(text: string, at: number): number {
  const value = text.charCodeAt(at) - 48;
  return value >= 0 && value <= 9 ? value : Number.NaN;
}

export function eventTypeOf(event: Record<string, unknown>): string | undefined {
  const type = event['event_type'];
  return typeof type === 'string' && type !== '' ? type : undefined;
}

/** What is left of an event that cannot travel whole: who, what and when, by ids only. */
export function cutForm(event: Record<string, unknown>): Record<string, unknown> {
  return {
    gid: event['gid'],
    created_at: scalar(event['created_at']),
    event_type: scalar(event['event_type']),
    actor: pick(event['actor'], 'actor_type'),
    resource: pick(event['resource'], 'resource_type'),
  };
}

function pick(party: unknown, typeField: string): Record<string, unknown> | undefined {
  return isJsonObject(party)
    ? { [typeField]: scalar(party[typeField]), gid: scalar(party['gid']) }
    : undefined;
}

const MAX_SCALAR_CHARACTERS = 256;

/** Keeps short values only: the cut form must fit whatever made the whole too large, and EventBridge has to take it. */
function scalar(value: unknown): unknown {
  if (typeof value === 'string') return value.slice(0, MAX_SCALAR_CHARACTERS).toWellFormed();
  const digits = numberText(value);
  return digits !== undefined && digits.length <= MAX_SCALAR_CHARACTERS ? value : undefined;
}
