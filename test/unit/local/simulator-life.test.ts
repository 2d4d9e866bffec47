// The generated workspace against the detections themselves: quiet life is quiet, each attack raises what it says it does.
import { describe, expect, it } from 'vitest';
import { isKnownEventType } from '../../../lib/asana/event-types.ts';
import { CATALOGUE } from '../../../lib/detections/catalogue/index.ts';
import { ATTACK_LASTS_MS, ATTACKS } from '../../../lib/local/simulator/attacks.ts';
import type { TimedEvent } from '../../../lib/local/simulator/compose.ts';
import { dailyLife } from '../../../lib/local/simulator/daily-life.ts';
import { createWorkspace } from '../../../lib/local/simulator/workspace.ts';
import { assertValidAuditLogEvent } from '../../support/asana-schema.ts';
import { openedBy } from '../../support/stateful-detections.ts';

const START = Date.UTC(2026, 9, 5, 6);
/** Those of the first catalogue, each of which an attack shows. */
const TWELVE = [
  'asana.app.service-account-created',
  'asana.data.team-made-public',
  'asana.export.organization',
  'asana.policy.app-approval-weakened',
  'asana.policy.email-domain-added',
  'asana.policy.guest-invites-opened',
  'asana.policy.password-weakened',
  'asana.policy.public-access-opened',
  'asana.policy.saml-weakened',
  'asana.policy.session-extended',
  'asana.role.admin-granted',
  'asana.role.super-admin-granted',
];

const raisedBy = (events: readonly TimedEvent[]) => [
  ...new Set(openedBy(CATALOGUE, events).map(({ detectionId }) => detectionId)),
];

function quiet(count: number, seed: string | number = 1): TimedEvent[] {
  const events: TimedEvent[] = [];
  for (const event of dailyLife({ seed, start: START })) {
    if (events.push(event) === count) break;
  }
  return events;
}

describe('daily life', () => {
  it.each([
    [1, 2000],
    [2, 500],
    [3, 500],
    ['another seed', 500],
  ])('of seed %s raises nothing in %i events, several together included', (seed, count) => {
    expect(raisedBy(quiet(count, seed))).toEqual([]);
  });

  it('raises nothing at the pace of a workspace that one watches, an event every few seconds', () => {
    const events: TimedEvent[] = [];
    for (const event of dailyLife({ seed: 7, start: START, meanGapMs: 5_500 })) {
      if (events.push(event) === 8_000) break;
    }
    expect(raisedBy(events)).toEqual([]);
  });

  it('has the very event types that detections look at, to the harmless side', () => {
    const types = new Set(quiet(5000).map(({ event_type }) => event_type));
    for (const type of [
      'workspace_saml_settings_changed',
      'workspace_default_session_duration_changed',
      'workspace_password_requirements_changed',
      'user_workspace_admin_role_changed',
      'team_privacy_settings_changed',
    ]) {
      expect(types).toContain(type);
    }
    expect(types.size).toBeGreaterThan(30);
  });

  it('is the same for the same seed, fits Asana’s description and rises in time', () => {
    const events = quiet(1000);
    expect(quiet(1000)).toEqual(events);
    expect(quiet(1000, 2)).not.toEqual(events);
    for (const event of events) {
      assertValidAuditLogEvent(event);
      expect(isKnownEventType(event.event_type ?? '')).toBe(true);
      expect(event.gid).toMatch(/^120\d{13}$/);
    }
    const times = events.map(({ created_at }) => created_at);
    expect(times).toEqual(times.toSorted());
    expect(new Set(events.map(({ gid }) => gid)).size).toBe(events.length);
  });

  it('holds logins that bring an identity provider’s assertion along', () => {
    const logins = quiet(200).filter(({ event_type }) => event_type === 'user_login_succeeded');
    expect(logins.length).toBeGreaterThan(20);
    for (const { details } of logins) {
      const xml = Buffer.from(String(details?.['saml_response']), 'base64').toString();
      expect(xml).toMatch(/^<samlp:Response .*<\/samlp:Response>$/);
    }
  });

  it('uses addresses that are reserved for documentation', () => {
    for (const { context, actor, resource } of quiet(2000)) {
      const address = context?.['client_ip_address'] ?? '192.0.2.1';
      expect(address).toMatch(/^(192\.0\.2|198\.51\.100|203\.0\.113)\.\d+$|^2001:db8:/);
      for (const email of [actor?.['email'], resource?.['email']]) {
        if (email !== undefined) expect(email).toMatch(/^[a-z.\d]+@example\.com$/);
      }
    }
  });
});

describe('the attacks', () => {
  it('are twelve, of which ten raise the first twelve detections together', () => {
    expect(ATTACKS).toHaveLength(12);
    expect(new Set(ATTACKS.map(({ name }) => name)).size).toBe(12);
    const raised = new Set(ATTACKS.slice(0, 10).flatMap(({ raises }) => raises));
    expect(TWELVE.filter((id) => !raised.has(id))).toEqual([]);
  });

  it.each(ATTACKS.map((attack) => [attack.name, attack] as const))(
    '%s raises what it says, under its own gids, in its time',
    (_, attack) => {
      const events = attack.events(START);
      expect(raisedBy(events).toSorted()).toEqual(attack.raises.toSorted());
      for (const event of events) {
        assertValidAuditLogEvent(event);
        expect(isKnownEventType(event.event_type ?? '')).toBe(true);
        expect(event.gid).toMatch(new RegExp(`^${attack.gidPrefix}\\d{13}$`));
        const at = Date.parse(event.created_at) - START;
        expect(at).toBeGreaterThanOrEqual(0);
        expect(at).toBeLessThan(ATTACK_LASTS_MS);
      }
      expect(attack.events(START)).toEqual(events);
      const later = attack.events(START + 1000).map(({ gid }) => gid);
      expect(later).not.toContain(events[0]?.gid);
    },
  );

  it.each(['1', 'a', 'b', 'c', 'd', 'e'])(
    'raise the same within two days of daily life (seed %s)',
    (seed) => {
      const clock = { now: () => START, monotonic: () => START, sleep: async () => {} };
      const log = createWorkspace({ seed, clock });
      const places = Array.from({ length: log.index.length }, (_, index) => index);
      const events = log.read(places).map((line) => JSON.parse(String(line)) as TimedEvent);
      expect(raisedBy(events).toSorted()).toEqual(
        [...new Set(ATTACKS.flatMap(({ raises }) => raises))].toSorted(),
      );
    },
  );
});
