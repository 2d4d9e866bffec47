// What happens to the simulated workspace over several events: attacks that no single event shows, and what keeps an alert
// from being delivered. What each is to raise, and that nothing else is raised, is deploy.test.ts's to check.
import type { Alert } from '../../../lib/contract/alert.ts';
import type { Detection } from '../../../lib/detections/define.ts';
import { by, type EventMaker, type Fields, type HeldEvent } from './events.ts';

/** One alert that is to be opened, and by which events. */
export interface Expected {
  readonly detectionId: string;
  readonly status: Alert['status'];
  readonly events: readonly HeldEvent[];
}

/** Switched to `staged` by configuration. */
export const STAGED = 'asana.data.team-made-public';
/** Suppressed for one person, by command. */
export const SUPPRESSED = 'asana.policy.saml-weakened';
export const SUPPRESSED_ACTOR = 1_201_000_000_002_001;

const WEB = { context_type: 'web', client_ip_address: '203.0.113.66', user_agent: 'Mozilla/5.0' };
const DAY = 86_400_000;

/** Eight accounts are tried from one address, each once. */
export function passwordSpray(maker: EventMaker, at: number): Expected {
  const events = Array.from({ length: 8 }, (_, index) =>
    maker.event(
      {
        event_type: 'user_login_failed',
        event_category: 'logins',
        actor: { actor_type: 'anonymous' },
        resource: { resource_type: 'user', email: `sprayed.${index}@example.com` },
        context: WEB,
      },
      at + index,
    ),
  );
  return { detectionId: 'asana.login.password-spray', status: 'active', events };
}

/** Five projects are exported and three others deleted by one person: each half is an alert, and so is the whole. */
export function exportThenDelete(maker: EventMaker, at: number): Expected[] {
  const actor = person(1_201_000_000_002_002);
  const act = (event_type: string, event_category: string) => (index: number) => {
    const resource = { resource_type: 'project', gid: `12040000001${index}`, name: `P ${index}` };
    return maker.event({ event_type, event_category, actor, resource, context: WEB }, at + index);
  };
  const taken = [0, 1, 2, 3, 4].map(act('project_csv_export_started', 'content_export'));
  const destroyed = [5, 6, 7].map(act('project_deleted', 'deletion'));
  return [
    { detectionId: 'asana.export.csv-burst', status: 'active', events: taken },
    { detectionId: 'asana.impact.container-delete', status: 'active', events: destroyed },
    {
      detectionId: 'asana.impact.export-then-delete',
      status: 'active',
      events: [...taken, ...destroyed],
    },
  ];
}

/** The suppressed detection's own example, by the one person for whom it is suppressed. */
export function suppressedChange(
  maker: EventMaker,
  catalogue: readonly Detection[],
  at: number,
): Expected {
  const detection = catalogue.find(({ id }) => id === SUPPRESSED);
  const example = detection?.examples.alerts[0] as Fields | undefined;
  const event = maker.event(by(example ?? {}, SUPPRESSED_ACTOR), at);
  return { detectionId: SUPPRESSED, status: 'suppressed', events: [event] };
}

/** Eight days before `now`, before anybody watched: an app comes in, and a deed that would alert if it happened today. */
export function history(maker: EventMaker, now: number): HeldEvent[] {
  return [
    maker.event(appAuthorized('1207000000000001', 1_201_000_000_002_003), now - 8 * DAY),
    maker.event(
      {
        event_type: 'service_account_created',
        event_category: 'apps',
        actor: person(1_201_000_000_002_004),
        resource: { resource_type: 'user', gid: '1201000000009001', name: 'exporter' },
        context: WEB,
      },
      now - 8 * DAY + 1,
    ),
  ];
}

/** The app that history knows is let in once more, and one that nobody has used before. */
export function appsAuthorized(
  maker: EventMaker,
  at: number,
): { readonly known: HeldEvent; readonly firstSeen: Expected } {
  const known = maker.event(appAuthorized('1207000000000001', 1_201_000_000_002_005), at);
  const event = maker.event(appAuthorized('1207000000000002', 1_201_000_000_002_006), at + 1);
  const detectionId = 'asana.app.new-oauth-app';
  return { known, firstSeen: { detectionId, status: 'active', events: [event] } };
}

function appAuthorized(appGid: string, gid: number): Fields {
  const actor = person(gid);
  return {
    event_type: 'user_app_authorized',
    event_category: 'apps',
    actor,
    resource: { resource_type: 'user', gid: actor.gid, name: actor.name, email: actor.email },
    details: { app_type: 'oauth', app_gid: appGid, app_name: 'Calendar Sync', app_url: '' },
    context: WEB,
  };
}

function person(gid: number) {
  return {
    actor_type: 'user',
    gid: String(gid),
    name: `Person ${gid}`,
    email: `p${gid}@example.com`,
  };
}
