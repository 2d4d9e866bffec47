// What people do in a workspace on an ordinary day, none of which is an alert. Attacks are in attacks.ts.
import type { EventType } from '../../asana/event-type-meanings.ts';
import {
  ADMINS,
  APPS,
  COMPANY_DOMAIN,
  FILES,
  PEOPLE,
  type Person,
  PORTFOLIOS,
  PROJECTS,
  TASKS,
  TEAMS,
} from './cast.ts';
import {
  actorOf,
  anyDevice,
  compose,
  eventGid,
  type Happening,
  resourceOf,
  samlResponse,
  type TimedEvent,
  userResource,
  WORKSPACE,
  web,
} from './compose.ts';
import { Random } from './random.ts';

/** The first three digits of the gids of quiet events. */
export const QUIET_GID_PREFIX = '120';

export interface DailyLifeOptions {
  readonly seed: string | number;
  /** Milliseconds since the epoch. */
  readonly start: number;
  /** Milliseconds between two events, on average over a day. @default 6 minutes */
  readonly meanGapMs?: number;
}

/** Quiet events for ever, in the order of their time: busy by day, UTC, and slow at night. */
export function* dailyLife(options: DailyLifeOptions): Generator<TimedEvent, never> {
  const random = new Random(options.seed, 'daily life', options.start);
  let at = options.start;
  let second = -1;
  let count = 0;
  for (;;) {
    const hour = new Date(at).getUTCHours();
    const pace = hour >= 7 && hour < 18 ? 0.6 : 2.4;
    at += Math.ceil(-Math.log(1 - random.next()) * (options.meanGapMs ?? 360_000) * pace);
    count = Math.floor(at / 1000) === second ? count + 1 : 0;
    second = Math.floor(at / 1000);
    yield quietEvent(random, at, count);
  }
}

/** One quiet event; `count` tells apart those of the same second. */
export function quietEvent(random: Random, at: number, count: number): TimedEvent {
  const person = random.pick(PEOPLE);
  const happening = random.weighted(HAPPENINGS)({ random, at, person });
  return compose(eventGid(QUIET_GID_PREFIX, at, count), at, happening);
}

interface Moment {
  readonly random: Random;
  readonly at: number;
  readonly person: Person;
}
type Maker = (moment: Moment) => Happening;

const [, OTHER_ADMIN] = ADMINS;

/** Task, comment and file gids: nobody looks them up, so any sixteen digits do. */
const anyGid = (random: Random) =>
  `1206${String(random.int(0, 999_999_999_999)).padStart(12, '0')}`;

const login =
  (type: 'user_login_succeeded' | 'user_login_failed'): Maker =>
  ({ random, at, person }) => ({
    type,
    actor: actorOf(person),
    resource: userResource(person),
    details: { method: ['SAML'], saml_response: samlResponse(person, at, random) },
    // The desktop and mobile apps stay signed in for months.
    context: web(person),
  });

const onTask =
  (type: EventType, resourceType = 'task'): Maker =>
  ({ random, person }) => ({
    type,
    actor: actorOf(person),
    resource: { resource_type: resourceType, gid: anyGid(random), name: random.pick(TASKS) },
    context: anyDevice(person, random),
  });

const onFile =
  (type: EventType): Maker =>
  ({ random, person }) => ({
    type,
    actor: actorOf(person),
    resource: { resource_type: 'attachment', gid: anyGid(random), name: random.pick(FILES) },
    context: anyDevice(person, random),
  });

const onOneself =
  (type: EventType, details: (random: Random) => Record<string, unknown> = () => ({})): Maker =>
  ({ random, person }) => ({
    type,
    actor: actorOf(person),
    resource: userResource(person),
    details: details(random),
    context: web(person),
  });

const membership =
  (type: EventType, resourceType: string, places: typeof PROJECTS): Maker =>
  ({ random, person }) => {
    const { gid, name, email } = random.pick(PEOPLE);
    return {
      type,
      actor: actorOf(person),
      resource: resourceOf(resourceType, random.pick(places)),
      details: { added_resource: { resource_type: 'user', gid, name, email } },
      context: web(person),
    };
  };

const onPlace =
  (type: EventType, resourceType: string, places: typeof PROJECTS, details = {}): Maker =>
  ({ random, person }) => ({
    type,
    actor: actorOf(person),
    resource: resourceOf(resourceType, random.pick(places)),
    details,
    context: web(person),
  });

/** By the admin who does such things, and always to the safer side. */
const setting =
  (type: EventType, details: Record<string, unknown> = {}): Maker =>
  () => ({
    type,
    actor: actorOf(OTHER_ADMIN),
    resource: WORKSPACE,
    details,
    context: web(OTHER_ADMIN),
  });

const app = (random: Random) => {
  const { gid, name } = random.pick(APPS);
  return { app_type: 'oauth', app_gid: gid, app_name: name, app_url: '' };
};

const HAPPENINGS: readonly (readonly [weight: number, maker: Maker])[] = [
  [24, login('user_login_succeeded')],
  [1, login('user_login_failed')],
  [6, onOneself('user_logged_out')],
  // Most people let an app in once and keep it.
  [0.25, onOneself('user_app_authorized', app)],
  [0.25, onOneself('user_app_revoked', app)],
  [8, onTask('task_deleted')],
  [2, onTask('task_undeleted')],
  [4, onTask('comment_deleted', 'story')],
  [1, onTask('status_update_deleted', 'status_update')],
  [1, onTask('message_deleted', 'message')],
  [10, onFile('attachment_uploaded')],
  [8, onFile('attachment_downloaded')],
  [2, onFile('attachment_deleted')],
  [7, membership('project_member_added', 'project', PROJECTS)],
  [3, membership('team_member_added', 'team', TEAMS)],
  [3, membership('portfolio_member_added', 'portfolio', PORTFOLIOS)],
  [2, onPlace('project_member_removed', 'project', PROJECTS)],
  [1, onPlace('team_member_removed', 'team', TEAMS)],
  [0.35, onPlace('project_csv_export_started', 'project', PROJECTS)],
  [0.5, onPlace('project_undeleted', 'project', PROJECTS)],
  [0.5, onPlace('project_view_link_disabled', 'project', PROJECTS)],
  [
    2,
    onPlace('project_privacy_settings_changed', 'project', PROJECTS, {
      old_value: null,
      new_value: 'members_only',
    }),
  ],
  [
    0.5,
    onPlace('team_privacy_settings_changed', 'team', TEAMS, {
      old_value: 'public',
      new_value: 'members_only',
    }),
  ],
  [
    0.35,
    ({ random, person }) => ({
      type: 'search_report_export_started',
      actor: actorOf(person),
      resource: { resource_type: 'search', gid: anyGid(random), name: null },
      context: web(person),
    }),
  ],
  [
    2,
    ({ random, person }) => ({
      type: 'user_invited',
      actor: actorOf(person),
      resource: {
        resource_type: 'user',
        gid: anyGid(random),
        name: null,
        email: `new.colleague.${random.int(100, 999)}@${COMPANY_DOMAIN}`,
      },
      context: web(person),
    }),
  ],
  [
    2,
    ({ random }) => ({
      type: 'task_deleted',
      actor: { actor_type: 'asana' },
      resource: { resource_type: 'task', gid: anyGid(random), name: random.pick(TASKS) },
      context: { context_type: 'asana', rule_name: 'When a task is archived, delete it' },
    }),
  ],
  [
    1,
    ({ random, person }) => ({
      type: 'attachment_uploaded',
      actor: actorOf(person),
      resource: { resource_type: 'attachment', gid: anyGid(random), name: random.pick(FILES) },
      context: {
        context_type: 'api',
        api_authentication_method: 'oauth',
        client_ip_address: '203.0.113.80',
        user_agent: 'node-asana/3.1.2',
        oauth_app_name: random.pick(APPS).name,
      },
    }),
  ],
  [0.5, setting('workspace_announcement_created')],
  [
    0.2,
    setting('workspace_default_session_duration_changed', {
      old_value: '30 days',
      new_value: '14 days',
    }),
  ],
  [
    0.2,
    setting('workspace_saml_settings_changed', { old_value: 'optional', new_value: 'required' }),
  ],
  [
    0.2,
    setting('workspace_guest_invite_permissions_changed', {
      old_value: 'anyone',
      new_value: 'admins_only',
    }),
  ],
  [
    0.2,
    setting('workspace_password_requirements_changed', {
      old_value: 'simple',
      new_value: 'strong',
    }),
  ],
  [
    0.2,
    setting('workspace_require_app_approvals_of_type_changed', {
      old_value: 'off',
      new_value: 'all_apps',
    }),
  ],
  [0.2, setting('workspace_view_links_disabled')],
  [
    0.2,
    ({ random }) => ({
      type: 'user_workspace_admin_role_changed',
      actor: actorOf(OTHER_ADMIN),
      resource: userResource(random.pick(PEOPLE)),
      details: { old_value: 'limited_access_member', new_value: 'member' },
      context: web(OTHER_ADMIN),
    }),
  ],
];
