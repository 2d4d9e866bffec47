// Finds where an event that cannot be read ends, so that the poller can step over just that. Pure but for its probe.

/** Asana's audit log holds nothing older (the endpoint's documentation). */
const FIRST_AUDIT_LOG_EVENT = Date.parse('2021-10-08T00:00:00Z');

/**
 * @param from ISO 8601: the newest instant known to lie before the event; absent: the log's beginning
 * @param now epoch milliseconds
 * @param canRead whether the first event at or after an instant can be read (nothing there counts as readable)
 * @returns ISO 8601: the first millisecond from which the log can be read again, or undefined when it nowhere can, so
 * that it is not one event that is at fault
 */
export async function firstReadableInstant(
  from: string | undefined,
  now: number,
  canRead: (startAt: string) => Promise<boolean>,
): Promise<string | undefined> {
  let unreadable = from === undefined ? FIRST_AUDIT_LOG_EVENT : Date.parse(from);
  let readable = now + 1;
  if (!(await canRead(new Date(readable).toISOString()))) return undefined;
  while (readable - unreadable > 1) {
    const middle = Math.floor((readable + unreadable) / 2);
    if (await canRead(new Date(middle).toISOString())) readable = middle;
    else unreadable = middle;
  }
  return new Date(readable).toISOString();
}
