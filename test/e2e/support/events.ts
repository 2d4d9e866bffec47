// Audit log events for the end-to-end test: daily life with every oddity that must arrive unharmed, and one attack per detection.
// Made here as text, apart from the product's own generator, so that the two cannot agree on a mistake.
import { type Detection, eventsOf } from '../../../lib/detections/define.ts';

/** One event as the simulated workspace holds it: JSON text, some of which no JavaScript number could hold. */
export interface HeldEvent {
  readonly gid: string;
  readonly createdAt: string;
  readonly eventType: string;
  readonly line: string;
}

export type Fields = Readonly<Record<string, unknown>>;

const USER = {
  actor_type: 'user',
  gid: '1201000000000777',
  name: 'Ümläut O’Neil',
  email: 'u@example.com',
};
const WEB = { context_type: 'web', client_ip_address: '2001:db8::7', user_agent: 'Mozilla/5.0' };
const API = {
  context_type: 'api',
  api_authentication_method: 'service_account',
  client_ip_address: '198.51.100.7',
};

type Kind = (n: number) => Fields;

/** What must arrive unharmed. */
const ODDITIES: readonly Kind[] = [
  (n) => ({
    event_type: 'user_login_succeeded',
    event_category: 'logins',
    actor: USER,
    // An assertion that nobody downstream may see.
    details: {
      method: ['SAML'],
      saml_response: `<samlp:Response ID="_${n}">secret</samlp:Response>`,
    },
    context: WEB,
  }),
  // Somebody mistypes, each at home: neither one account nor one address is tried often.
  (n) => ({
    event_type: 'user_login_failed',
    event_category: 'logins',
    actor: { actor_type: 'anonymous' },
    resource: { resource_type: 'user', email: `person.${n}@example.com` },
    details: {},
    context: { ...WEB, client_ip_address: `10.${n >> 8}.${n & 255}.9` },
  }),
  (n) => ({
    event_type: 'attachment_uploaded',
    event_category: 'creation',
    actor: USER,
    resource: {
      resource_type: 'attachment',
      gid: `120300000${n}`,
      name: `"Q${n}" <b>\\ € 𝄞 العربية \u202e\u0007 \u2028 <aws.events.event.json> \${x} end`,
    },
    context: WEB,
  }),
  () => ({
    event_type: 'project_privacy_settings_changed',
    event_category: 'roles',
    actor: USER,
    resource: { resource_type: 'project', gid: '1204000000000001', name: null },
    details: {
      old_value: null,
      new_value: 'members_only',
      group: { gid: '1', names: [[], {}, ''] },
    },
    context: { ...API, on_behalf_of_user_id: RAW_INTEGER },
  }),
  () => ({
    event_type: 'quantum_sticker_entangled',
    event_category: 'quantum',
    actor: { actor_type: 'asana' },
    details: { share: 0.25, big: RAW_INTEGER, negative: -7, yes: true, no: null },
    context: { context_type: 'asana' },
    a_field_of_tomorrow: { deep: [1, [2, [3]]] },
  }),
  (n) => ({
    event_type: 'task_deleted',
    event_category: 'deletion',
    actor: { ...USER, gid: `12010000000${n}` },
    resource: {
      resource_type: 'task',
      resource_subtype: 'default_task',
      gid: `1205${n}`,
      name: 'x',
    },
    context: { ...API, oauth_app_name: 'A&B "app"' },
  }),
];

/**
 * What no detection looks at. Each look is a message and a call of a function, of which the emulator, one process that
 * matches every rule itself, manages a few dozen a second.
 */
const UNWATCHED: readonly Kind[] = [
  () => ({
    event_type: 'user_logged_out',
    event_category: 'logins',
    actor: USER,
    details: { old_value: null },
    context: WEB,
  }),
  (n) => ({
    event_type: 'project_member_removed',
    event_category: 'roles',
    actor: USER,
    resource: { resource_type: 'project', gid: `1204${n}`, name: `"P${n}" \u202e\u0007 \u2028 €` },
    details: { group: { gid: '1', names: [[], {}, ''] } },
    context: WEB,
  }),
  (n) => ({
    event_type: 'team_member_removed',
    event_category: 'roles',
    actor: { ...USER, gid: `12010000000${n}` },
    resource: { resource_type: 'team', gid: '1206000000000001', name: null },
    context: WEB,
  }),
];

/** A quiet day: the position in the list picks the kind, so that every page holds all of them. */
const DAILY_LIFE: readonly Kind[] = [
  ...ODDITIES,
  ...Array.from({ length: 8 }, () => UNWATCHED).flat(),
];

/** Stands for a number of more digits than a double keeps, until the event is text. */
const RAW_INTEGER = '@raw 9007199254740993123';

/** The first of the gids of those who attack. */
const ATTACKERS = 1_201_000_000_001_001;

export class EventMaker {
  #made = 0;

  /** @param eventsMade they are spread evenly over the time from `from` to `to` (epoch milliseconds) */
  dailyLife(count: number, from: number, to: number): HeldEvent[] {
    return Array.from({ length: count }, (_, at) => {
      const kind = DAILY_LIFE[at % DAILY_LIFE.length];
      // Three in a row share a millisecond.
      const step = Math.floor(at / 3) * 3;
      return this.event(kind?.(this.#made) ?? {}, from + ((to - from) * step) / count);
    });
  }

  /**
   * The first example of each detection that a single event raises, as if it had happened at `at`, each by a person of its
   * own: a first example raises its own detection alone, and several by one person would raise others. Two that Asana's schema does not take are left to the unit tests, since the simulated
   * workspace is held to the schema.
   */
  attacks(detections: readonly Detection[], at: number): Map<string, HeldEvent> {
    return new Map(
      detections
        .filter(({ kind }) => kind === 'match')
        .map(({ id, examples }) => ({ id, event: eventsOf(examples.alerts[0] ?? {})[0] ?? {} }))
        .filter(({ event }) => fitsSchema(event))
        .map(({ id, event }, index) => [id, this.event(by(event, ATTACKERS + index), at)]),
    );
  }

  /** An event that no target could take whole. */
  oversize(at: number, bytes: number): HeldEvent {
    const fields = {
      event_type: 'task_deleted',
      actor: USER,
      details: { note: 'y'.repeat(bytes) },
    };
    return this.event(
      { ...fields, resource: { resource_type: 'task', gid: '1205000000000009' } },
      at,
    );
  }

  /** @param at epoch milliseconds */
  event(fields: Fields, at: number): HeldEvent {
    const gid = String(1_208_000_000_000_001 + this.#made++);
    const createdAt = new Date(at).toISOString();
    const text = JSON.stringify({ ...fields, gid, created_at: createdAt });
    return {
      gid,
      createdAt,
      eventType: String(fields['event_type']),
      line: text.replaceAll(/"@raw (\d+)"/g, '$1'),
    };
  }
}

/** The same event by another person, wherever it names the one who acts. */
export function by(event: Fields, gid: number): Fields {
  const own = (event['actor'] as Fields | undefined)?.['gid'];
  if (typeof own !== 'string') return event;
  return JSON.parse(JSON.stringify(event).replaceAll(`"${own}"`, `"${gid}"`));
}

/** In the order of a workspace's log. */
export function byCreation(events: readonly HeldEvent[]): HeldEvent[] {
  return events.toSorted((a, b) =>
    a.createdAt < b.createdAt ? -1 : a.createdAt > b.createdAt ? 1 : 0,
  );
}

/** The schema has `old_value` and `new_value` as texts or null; detections are ready for more. */
function fitsSchema(event: Fields): boolean {
  const details = (event['details'] ?? {}) as Fields;
  return [details['old_value'], details['new_value']].every(
    (value) => value === undefined || value === null || typeof value === 'string',
  );
}
