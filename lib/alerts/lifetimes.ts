// How long an alert may go on, and how long what has to outlast it is remembered: in one place, since each follows from the
// others. Numbers alone; who keeps what is state's and delivery/claims.ts's.
const DAY_SECONDS = 86_400;

/** Of an alert, from its first event on. What configuration and definitions may ask for ends here. */
export const LONGEST_WINDOW_MS = 14 * DAY_SECONDS * 1_000;

/**
 * An alert is closed though the feed stands still when its window has been over, and the alert known, for a day of the wall
 * clock. A feed that catches up after an outage does not stand still: what it brings is known since a moment ago.
 */
export const CLOSED_WITHOUT_FEED_MS = DAY_SECONDS * 1_000;

/** From the end of an alert's window until it is closed at the latest, also where the feed stands still, with a day to spare. */
export const CLOSED_BY_MS = CLOSED_WITHOUT_FEED_MS + DAY_SECONDS * 1_000;

/** A day longer than any queue keeps a message (SQS: 14 days). */
export const MEMORY_SECONDS = 15 * DAY_SECONDS;

/**
 * What a sink was given: the message that says an alert is over asks for it, after the longest window, closed as late as can
 * be, and after days in a queue or among its dead letters.
 */
export const CLAIM_SECONDS = (LONGEST_WINDOW_MS + CLOSED_BY_MS) / 1_000 + MEMORY_SECONDS;
