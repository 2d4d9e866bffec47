// Puts a simulated audit log event together in the shape and field order of Asana's own.
import { EVENT_TYPE_MEANINGS, type EventType } from '../../asana/event-type-meanings.ts';
import type { AuditLogEvent } from '../../contract/bus-event.ts';
import {
  DESKTOP_APP,
  MOBILE_APP,
  type Person,
  type Thing,
  WORKSPACE_GID,
  WORKSPACE_NAME,
} from './cast.ts';
import type { Random } from './random.ts';

type Fields = Readonly<Record<string, unknown>>;
/** What an event says besides its identity and its time. */
export interface Happening {
  readonly type: EventType;
  readonly actor: Fields;
  readonly resource: Fields;
  readonly details?: Fields;
  readonly context: Fields;
}

/** The simulator always says when an event was created. */
export type TimedEvent = AuditLogEvent & { readonly gid: string; readonly created_at: string };

/** `at` in milliseconds since the epoch. */
export function compose(gid: string, at: number, happening: Happening): TimedEvent {
  const { type, actor, resource, details = {}, context } = happening;
  return {
    gid,
    created_at: new Date(at).toISOString(),
    event_type: type,
    // Asana was seen to file this type under `roles`, although its own list has it elsewhere.
    event_category:
      type === 'project_privacy_settings_changed'
        ? 'roles'
        : (EVENT_TYPE_MEANINGS.get(type)?.category ?? ''),
    actor,
    resource,
    details,
    context,
  };
}

/**
 * A gid of 16 digits, as Asana's are: three that say where the event comes from, the second (since the epoch) it, or
 * the attack it belongs to, began in, and a count within that second. So it is never used twice, restarts included.
 */
export function eventGid(prefix: string, at: number, count: number): string {
  const second = String(Math.floor(at / 1000)).padStart(10, '0');
  return `${prefix}${second}${String(count).padStart(3, '0')}`;
}

export function actorOf({ gid, name, email }: Person): Fields {
  return { actor_type: 'user', gid, name, email };
}

export function userResource({ gid, name, email }: Person): Fields {
  return { resource_type: 'user', gid, name, email };
}

export function resourceOf(resource_type: string, { gid, name }: Thing): Fields {
  return { resource_type, gid, name };
}

export const WORKSPACE: Fields = {
  resource_type: 'workspace',
  gid: WORKSPACE_GID,
  name: WORKSPACE_NAME,
};

export function web(person: Pick<Person, 'ipAddress' | 'userAgent'>): Fields {
  return {
    context_type: 'web',
    client_ip_address: person.ipAddress,
    user_agent: person.userAgent,
  };
}

/** Mostly the browser, now and then the desktop or the mobile app. */
export function anyDevice(person: Person, random: Random): Fields {
  return random.weighted([
    [8, web(person)],
    [2, { ...web(person), context_type: 'desktop', user_agent: DESKTOP_APP }],
    [1, { ...web(person), context_type: 'mobile', user_agent: MOBILE_APP }],
  ]);
}

/** What an identity provider sends along with a login: large, and full of personal data. */
export function samlResponse(person: Person, at: number, random: Random): string {
  const id = `_${Array.from({ length: 32 }, () => random.int(0, 15).toString(16)).join('')}`;
  const signature = Array.from({ length: 344 }, () =>
    random.pick([...'ABCDEFGHabcdefgh0123']),
  ).join('');
  const until = new Date(at + 300_000).toISOString();
  const attribute = (name: string, value: string) =>
    `<saml:Attribute Name="${name}"><saml:AttributeValue>${value}</saml:AttributeValue></saml:Attribute>`;
  const xml = `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="${id}" Version="2.0" IssueInstant="${new Date(at).toISOString()}" Destination="https://app.asana.com/-/saml/consume"><saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">https://idp.example.com/saml</saml:Issuer><ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignatureValue>${signature}</ds:SignatureValue></ds:Signature><saml:Assertion Version="2.0"><saml:Subject><saml:NameID>${person.email}</saml:NameID><saml:SubjectConfirmationData NotOnOrAfter="${until}"/></saml:Subject><saml:AttributeStatement>${attribute('displayName', person.name)}${attribute('email', person.email)}${attribute('groups', 'asana-users')}</saml:AttributeStatement></saml:Assertion></samlp:Response>`;
  return Buffer.from(xml).toString('base64');
}
