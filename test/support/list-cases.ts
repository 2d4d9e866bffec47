// What detections say once their lists are configured, which their own examples, run with the defaults, cannot show.
import type { Severity } from '../../lib/contract/alert.ts';
import type { AuditLogEvent } from '../../lib/contract/bus-event.ts';
import {
  ALICE,
  BOB,
  change,
  example,
  SERVICE_ACCOUNT_API,
} from '../../lib/detections/catalogue/examples.ts';
import type { Lists } from '../../lib/detections/define.ts';

export interface ListCase {
  readonly id: string;
  readonly lists: Lists;
  readonly event: AuditLogEvent;
  /** The severity of the alert; undefined for silence. */
  readonly raises: Severity | undefined;
}

const ALICE_GID = String(ALICE['gid']);
const EVE = { resource_type: 'user', gid: '1201000000000070', email: 'eve@example.net' };
const signIn = (method: unknown, resource: typeof BOB = BOB) =>
  example({ type: 'user_login_succeeded', resource, details: { method } });
const byService = (actor: Readonly<Record<string, unknown>> | null) =>
  example({ type: 'task_deleted', actor, context: SERVICE_ACCOUNT_API });
const addedEve = (gid: string) =>
  example({
    type: 'project_member_added',
    resource: { resource_type: 'project', gid, name: 'x' },
    details: { added_resource: EVE },
  });
const SETTING = example({ type: 'workspace_announcement_created', context: SERVICE_ACCOUNT_API });
const SSO = { ssoDomains: ['Example.com'] };
const DOMAIN = 'workspace_associated_email_domain_added';
const CONTACT = 'workspace_security_contact_email_changed';

const cases: readonly (readonly [string, Lists, AuditLogEvent, Severity | undefined])[] = [
  ['admin.setting-changed-by-api', {}, SETTING, 'medium'],
  ['admin.setting-changed-by-api', { settingAutomations: [ALICE_GID] }, SETTING, undefined],
  [
    'admin.setting-changed-by-api',
    { settingAutomations: [' ALICE@example.com'] },
    SETTING,
    undefined,
  ],
  ['admin.setting-changed-by-api', { settingAutomations: ['Alice Example'] }, SETTING, 'medium'],

  ['app.service-account-unlisted', {}, byService(ALICE), undefined],
  ['app.service-account-unlisted', {}, byService(null), 'low'],
  ['app.service-account-unlisted', { serviceAccounts: ['5001'] }, byService(ALICE), 'high'],
  ['app.service-account-unlisted', { serviceAccounts: ['5001'] }, byService(null), 'high'],
  [
    'app.service-account-unlisted',
    { serviceAccounts: ['5001'] },
    byService({ gid: 5001 }),
    undefined,
  ],
  ['app.service-account-unlisted', { serviceAccounts: [ALICE_GID] }, byService(ALICE), undefined],

  [
    'app.service-account-removed',
    { collectors: ['9'] },
    example({ type: 'service_account_deleted', resource: { gid: '9' } }),
    'critical',
  ],
  [
    'app.service-account-removed',
    { collectors: ['9'] },
    example({ type: 'service_account_deleted', resource: { gid: '8' } }),
    'low',
  ],
  [
    'app.pat-created',
    { admins: ['alice@EXAMPLE.com'] },
    example({ type: 'user_personal_access_token_authorized' }),
    'medium',
  ],
  [
    'app.pat-created',
    { admins: ['bob@example.com'] },
    example({ type: 'user_personal_access_token_authorized' }),
    'low',
  ],

  ['data.external-member-added', {}, addedEve('77'), 'medium'],
  ['data.external-member-added', { companyDomains: ['@example.net'] }, addedEve('77'), undefined],
  ['data.external-member-added', { partnerProjects: ['77'] }, addedEve('77'), undefined],
  ['data.external-member-added', { partnerProjects: ['78'] }, addedEve('77'), 'medium'],

  ['login.sso-bypass', {}, signIn(['PASSWORD']), undefined],
  ['login.sso-bypass', SSO, signIn(['PASSWORD']), 'medium'],
  ['login.sso-bypass', SSO, signIn(['PASSWORD'], EVE), undefined],
  ['login.sso-bypass', SSO, signIn(['SAML']), undefined],
  ['login.sso-bypass', SSO, signIn(['GOOGLE_SSO']), 'medium'],
  ['login.sso-bypass', { ...SSO, ssoMethods: ['google_sso'] }, signIn(['GOOGLE_SSO']), undefined],
  ['login.sso-bypass', { ...SSO, ssoMethods: ['google_sso'] }, signIn(['SAML']), undefined],
  [
    'login.sso-bypass',
    { ...SSO, breakGlass: ['bob@example.com'] },
    signIn(['PASSWORD']),
    undefined,
  ],
  ['login.sso-bypass', { ...SSO, admins: [String(BOB['gid'])] }, signIn(['PASSWORD']), 'high'],

  [
    'policy.email-domain-added',
    { companyDomains: ['example.org'] },
    change(DOMAIN, null, '@Example.ORG'),
    'info',
  ],
  [
    'policy.email-domain-added',
    { companyDomains: ['example.org'] },
    change(DOMAIN, null, 'examp1e.org'),
    'medium',
  ],
  [
    'policy.email-domain-added',
    { companyDomains: ['example.org'] },
    example({ type: DOMAIN }),
    'medium',
  ],
  [
    'policy.security-contact-changed',
    { companyDomains: ['example.net'] },
    change(CONTACT, null, 'soc@example.net'),
    'medium',
  ],
  [
    'policy.security-contact-changed',
    { companyDomains: ['example.net'] },
    change(CONTACT, null, 'soc@example.com'),
    'high',
  ],

  [
    'user.external-invited',
    { companyDomains: ['example.net'] },
    example({ type: 'user_invited', resource: EVE }),
    undefined,
  ],
  [
    'user.external-invited',
    { companyDomains: ['example.org'] },
    example({ type: 'user_invited', resource: BOB }),
    'low',
  ],
  [
    'user.external-invited',
    { companyDomains: ['example.org'] },
    example({ type: 'user_invited', resource: EVE, actor: { actor_type: 'asana' } }),
    'low',
  ],
  [
    'user.mfa-disabled',
    { admins: [ALICE_GID] },
    example({ type: 'user_two_factor_auth_disabled', resource: { gid: ALICE_GID } }),
    'high',
  ],
  [
    'user.mfa-disabled',
    { admins: ['9'] },
    example({ type: 'user_two_factor_auth_disabled', resource: { gid: ALICE_GID } }),
    'medium',
  ],
  [
    'user.reprovisioned',
    { provisioners: [ALICE_GID] },
    example({ type: 'user_reprovisioned', resource: BOB, context: SERVICE_ACCOUNT_API }),
    'low',
  ],
  [
    'user.reprovisioned',
    { provisioners: ['9'] },
    example({ type: 'user_reprovisioned', resource: BOB, context: SERVICE_ACCOUNT_API }),
    'medium',
  ],
  [
    'user.reprovisioned',
    { provisioners: [ALICE_GID] },
    example({ type: 'user_reprovisioned', resource: BOB }),
    'medium',
  ],
];

export const LIST_CASES: readonly ListCase[] = cases.map(([name, lists, event, raises]) => ({
  id: `asana.${name}`,
  lists,
  event,
  raises,
}));
