// Reads ISO 8601 instants, for whoever gets them as text. Says nothing of which instants make sense where.

/** A date and a time, to the minute at least; the zone may be missing. With a space for the T, as databases print them. */
const ISO_INSTANT =
  /^(\d{4}-\d{2}-(\d{2}))[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(Z| ?UTC|[+-]\d{2}:?\d{2})?$/i;

/** Milliseconds since the epoch, finer digits cut off; undefined for what is none. Without a zone it is UTC. */
export function parseInstant(text: string): number | undefined {
  const [, date = '', day, time = '', zone = 'Z'] = ISO_INSTANT.exec(text) ?? [];
  const instant = Date.parse(`${date}T${time}${/utc/i.test(zone) ? 'Z' : zone}`);
  if (day === undefined || Number.isNaN(instant)) return undefined;
  // V8 takes 30 February for 2 March.
  const isInCalendar = Number(day) <= 28 || new Date(date).getUTCDate() === Number(day);
  return isInCalendar ? instant : undefined;
}

const WITH_ZONE = /T.*(Z|[+-]\d{2}:\d{2})$/i;
const DATE = /^\d{4}-\d{2}-\d{2}$/;

/** The same for what a person types, who may mean another zone than UTC where none is given: then undefined. */
export function parseZoned(text: string): number | undefined {
  return WITH_ZONE.test(text) ? parseInstant(text) : undefined;
}

/** As `parseZoned`, and of a date its first instant, UTC. */
export function readInstant(text: string): number | undefined {
  return DATE.test(text) ? parseInstant(`${text}T00:00:00Z`) : parseZoned(text);
}
