// Finds the event that cannot be read, so that the poller can step over just that. Pure but for its probe.

/** Asana's audit log holds nothing older (the endpoint's documentation). */
const FIRST_AUDIT_LOG_EVENT = Date.parse('2021-10-08T00:00:00Z');

/**
 * Asking for windows that all begin at `from` and end ever closer to it: the shortest that cannot be read ends with the
 * event at fault, and nothing that lies behind it, readable or not, sways the search.
 * @param from ISO 8601: the newest instant known to lie before the event; absent: the log's beginning
 * @param now epoch milliseconds
 * @param canRead whether the events from an instant (inclusive) to another (exclusive) can be read
 * @returns ISO 8601: the millisecond after the event's, or undefined when no event by time is at fault, as where Asana
 * pays no heed to the limit and what cannot be read is but many events at once
 */
export async function instantAfterUnreadable(
  from: string | undefined,
  now: number,
  canRead: (startAt: string, endAt: string) => Promise<boolean>,
): Promise<string | undefined> {
  const begin = from === undefined ? FIRST_AUDIT_LOG_EVENT : Date.parse(from);
  const iso = (instant: number) => new Date(instant).toISOString();
  let readable = begin;
  let unreadable = now + 1;
  // Where nothing has happened yet, anything but a page says that it is not one event that is at fault.
  if (!(await canRead(iso(now + 1), iso(now + 2)))) return undefined;
  if (unreadable <= begin || (await canRead(iso(begin), iso(unreadable)))) return undefined;
  while (unreadable - readable > 1) {
    const middle = Math.floor((readable + unreadable) / 2);
    if (await canRead(iso(begin), iso(middle))) readable = middle;
    else unreadable = middle;
  }
  return (await canRead(iso(readable), iso(unreadable))) ? undefined : iso(unreadable);
}
