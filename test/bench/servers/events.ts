// Audit log events as a quiet workspace has them, as JSON text of a line each. Not the simulator's: no attack, no odd form.

/** Events of the newest run lie this far apart, in milliseconds; several share one now and then. */
const SPACING_MS = 40;
const FIRST_AT = Date.parse('2026-11-02T06:00:00.000Z');
const FIRST_GID = 1_209_000_000_000_000;

const BROWSER =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36';
const PHONE =
  'Asana/8.41.0 (com.asana.Asana; build:8410002; iOS 26.1.0) Mobile/15E148 Alamofire/5.9';

/** Shapes seen from the API; nothing in them is redacted by default, so that every loop sends the same bytes. */
const SHAPES: readonly {
  readonly type: string;
  readonly category: string;
  readonly resource: object;
  readonly details: object;
  readonly context: object;
}[] = [
  {
    type: 'user_login_succeeded',
    category: 'logins',
    resource: { resource_type: 'user', gid: '1208549725691543', name: 'Zoë Müller' },
    details: { method: ['SAML'] },
    context: { context_type: 'web', client_ip_address: '198.51.100.23', user_agent: BROWSER },
  },
  {
    type: 'task_deleted',
    category: 'deletion',
    resource: {
      resource_type: 'task',
      resource_subtype: 'default_task',
      gid: '1208576817480872',
      name: 'Prepare the "quarterly" review – draft 2',
    },
    details: {},
    context: { context_type: 'mobile', client_ip_address: '203.0.113.7', user_agent: PHONE },
  },
  {
    type: 'project_privacy_settings_changed',
    category: 'access_control',
    resource: { resource_type: 'project', gid: '1208576817480899', name: 'Previously assigned' },
    details: { old_value: null, new_value: 'members_only' },
    context: { context_type: 'web', client_ip_address: '2001:db8::4f', user_agent: BROWSER },
  },
  {
    type: 'user_app_authorized',
    category: 'apps',
    resource: { resource_type: 'user', gid: '1208549725691543', name: 'Zoë Müller' },
    details: {
      app_type: 'oauth',
      app_gid: '1207902716322150',
      app_name: 'Time tracker',
      app_url: 'https://tracker.example/oauth',
    },
    context: {
      context_type: 'api',
      api_authentication_method: 'oauth',
      client_ip_address: '198.51.100.77',
      oauth_app_name: 'Time tracker',
      user_agent: 'tracker/4.2',
    },
  },
  {
    type: 'team_member_added',
    category: 'teams',
    resource: { resource_type: 'team', gid: '1208000000000777', name: 'Platform 基盤' },
    details: { group: { gid: '1208000000000777', name: 'Platform 基盤' }, new_value: 'member' },
    context: { context_type: 'web', client_ip_address: '198.51.100.23', user_agent: BROWSER },
  },
];

/** @returns the event at this place of the log, as one line of JSON text of about 700 bytes */
export function eventText(index: number): string {
  const shape = SHAPES[index % SHAPES.length];
  const person = index % 211;
  return JSON.stringify({
    gid: String(FIRST_GID + index),
    created_at: new Date(FIRST_AT + Math.floor(index / 1.1) * SPACING_MS).toISOString(),
    event_type: shape?.type,
    event_category: shape?.category,
    actor: {
      actor_type: 'user',
      gid: String(1_208_549_000_000_000 + person),
      name: `Person ${person}`,
      email: `person.${person}@corp.example`,
    },
    resource: shape?.resource,
    details: shape?.details,
    context: shape?.context,
  });
}
