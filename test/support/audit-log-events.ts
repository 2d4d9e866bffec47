// Audit log events for tests of the whole path, and files of them.
import { appendFileSync, writeFileSync } from 'node:fs';

const START = Date.parse('2026-10-01T08:00:00.000Z');

export type TestEvent = Record<string, unknown> & { readonly gid: string };

/** An everyday event, a second after the one numbered before it; it raises nothing. */
export function quietEvent(number: number, more: Record<string, unknown> = {}): TestEvent {
  return {
    gid: String(5_000_000_000_000_000 + number),
    created_at: new Date(START + number * 1000).toISOString(),
    event_type: 'user_login_succeeded',
    event_category: 'logins',
    actor: { actor_type: 'user', gid: '77', name: 'Ann Other', email: 'ann@example.com' },
    resource: { resource_type: 'user', gid: '77' },
    context: { context_type: 'web', client_ip_address: '192.0.2.7', user_agent: 'Firefox' },
    details: { method: ['SAML'] },
    ...more,
  };
}

/** One that raises `asana.policy.saml-weakened` for the workspace's resource with this gid. */
export function samlWeakened(number: number, resourceGid = '1'): TestEvent {
  return quietEvent(number, {
    event_type: 'workspace_saml_settings_changed',
    event_category: 'admin_settings',
    resource: { resource_type: 'workspace', gid: resourceGid, name: `Workspace ${resourceGid}` },
    details: { old_value: 'required', new_value: 'optional' },
  });
}

const lines = (events: readonly unknown[]) =>
  events.map((event) => `${JSON.stringify(event)}\n`).join('');

export function writeEvents(path: string, events: readonly unknown[]): void {
  writeFileSync(path, lines(events));
}

export function appendEvents(path: string, events: readonly unknown[]): void {
  appendFileSync(path, lines(events));
}
