// Messages of the log lines that the dashboard counts from: written by the functions, named in its queries.

export const LOG_LINES = {
  /** `byCategory`: events published in a run, by category. */
  eventsByCategory: 'events by category',
  /** `eventType` and `events`: how many of a type were published in a run. */
  eventsOfType: 'events of a type',
  /** `opened`: `{ [severity]: 1 }`, with `detectionId` and `status`. */
  alertOpened: 'alert opened',
} as const;

/** What no list names. */
export const OTHER = 'other';

/** Those of Asana's own list, and the rest. A test holds them to lib/asana/event-types.ts. */
export const EVENT_CATEGORIES = [
  'logins',
  'user_updates',
  'admin_settings',
  'roles',
  'content_export',
  'access_control',
  'apps',
  'creation',
  'deletion',
  OTHER,
] as const;
