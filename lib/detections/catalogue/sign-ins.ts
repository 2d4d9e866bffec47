// Detections on how people sign in, one sign-in at a time.
import { defineDetection } from '../define.ts';
import { emailDomain, isDomainListed } from '../reading/domains.ts';
import { actor, firstOf, resource } from '../reading/entity.ts';
import { asText, field, resourceWords, valueWords } from '../reading/fields.ts';
import { isNamed } from '../reading/people.ts';
import { BOB, example } from './examples.ts';
import { ASANA_EVENTS, technique } from './references.ts';

const SIGNED_IN = 'user_login_succeeded';
/** Nobody's: names under .example are reserved (RFC 2606), so that nothing alerts before a list of one's own is set. */
const PLACEHOLDER_DOMAIN = 'sso-required.example';
const CAROL = {
  resource_type: 'user',
  gid: '1201000000000003',
  name: 'Carol Example',
  email: `Carol@${PLACEHOLDER_DOMAIN}`,
};

/** `details.method` is a list of texts (`["SAML"]`, `["ONE_TIME_KEY"]`) wherever it was seen; a bare text is taken too. */
function methodsOf(method: unknown): string[] {
  const parts = Array.isArray(method) ? method.slice(0, 20) : [method];
  return parts.flatMap((part) => asText(part)?.slice(0, 100).trim().toUpperCase() ?? []);
}

const signIn = (method: unknown, of: Readonly<Record<string, unknown>> = CAROL) =>
  example({
    type: SIGNED_IN,
    actor: { ...of, actor_type: 'user' },
    resource: of,
    details: { method },
  });

export const ssoBypass = defineDetection({
  kind: 'match',
  id: 'asana.login.sso-bypass',
  version: 1,
  title: 'Login without SAML although SSO is required',
  severity: 'high',
  severityOf: (event, { admins = [] }) => (isNamed(event, 'resource', admins) ? 'high' : 'medium'),
  // Whether single sign-on is required stands in no event, and guests never use it. So it is asked of people in the
  // domains that are named, and silent before one is.
  lists: {
    ssoDomains: [PLACEHOLDER_DOMAIN],
    ssoMethods: ['SAML'],
    breakGlass: [],
    admins: [],
  },
  attack: ['T1556', 'T1078.004'],
  attackV18: ['T1556', 'T1078.004'],
  pattern: {
    'detail-type': [SIGNED_IN],
    // SAML always counts as single sign-on, so nearly every sign-in of a company that has it stays away from the queue.
    // ["SAML", "TOTP"] passes here by its second member, hence `when`.
    detail: {
      data: { details: { method: [{ 'anything-but': { 'equals-ignore-case': ['SAML'] } }] } },
    },
  },
  when: (event, { ssoDomains = [], ssoMethods = [], breakGlass = [] }) => {
    const used = methodsOf(field(event, 'details', 'method'));
    const expected = ssoMethods.map((method) => method.trim().toUpperCase());
    const domain = emailDomain(field(event, 'resource', 'email') ?? field(event, 'actor', 'email'));
    return (
      used.length > 0 &&
      !used.some((method) => expected.includes(method)) &&
      domain !== undefined &&
      isDomainListed(domain, ssoDomains) &&
      !isNamed(event, 'resource', breakGlass)
    );
  },
  entity: firstOf(actor, resource),
  summary: (event) =>
    `${resourceWords(event, 'Someone unnamed')} signed in by ${valueWords(methodsOf(field(event, 'details', 'method')).join(', '))}, not through single sign-on.`,
  triage: [
    'Ask the person in resource, by phone or in person, whether they signed in at created_at without the identity provider. Do it within 30 minutes.',
    'If they did not: sign the account out of all sessions, reset its password and revoke its personal access tokens.',
    'Read workspace_saml_settings_changed and workspace_google_sso_settings_changed events of the 7 days before: somebody may have made single sign-on optional.',
    'Read the events of resource.gid in the 2 hours after created_at: apps and tokens authorized, exports, settings changed.',
    'Look whether context.client_ip_address and context.user_agent are usual for resource.gid in the 30 days before.',
  ],
  falsePositives:
    'Break-glass accounts: put them (gid or e-mail) on the list breakGlass. The detection is silent until ssoDomains names the domains whose people have to use single sign-on; ssoMethods says what counts as such, and the values that Asana gives for Google are not public.',
  references: [ASANA_EVENTS, technique('T1556'), technique('T1078.004')],
  examples: {
    alerts: [
      signIn(['ONE_TIME_KEY']),
      signIn('password'),
      signIn(['PASSWORD', 'TOTP'], { ...CAROL, email: `carol@eu.${PLACEHOLDER_DOMAIN}` }),
      example({
        type: SIGNED_IN,
        actor: { ...CAROL, actor_type: 'user' },
        resource: null,
        details: { method: ['PASSWORD'] },
      }),
    ],
    silent: [
      signIn(['SAML']),
      signIn(['saml']),
      signIn(['TOTP', 'Saml']),
      signIn(['ONE_TIME_KEY'], BOB),
      signIn([]),
      signIn(null),
      signIn([{ name: 'PASSWORD' }]),
      signIn(['PASSWORD'], { resource_type: 'user', gid: '1201000000000003' }),
      example({ type: SIGNED_IN, resource: CAROL }),
      example({ type: 'user_login_failed', resource: CAROL, details: { method: ['PASSWORD'] } }),
    ],
  },
});
