// Whether an e-mail address belongs to the company: by the configured domains, else by the domain of whoever acted.
// Compares text alone: no DNS, no list of what is registered to whom.
import type { AuditLogEvent } from '../../contract/bus-event.ts';
import { remembered } from '../remembered.ts';
import { asText, field } from './fields.ts';

/** Mail providers anyone can have an address at (September 2026): sharing one makes nobody a colleague. */
const PUBLIC_MAIL: ReadonlySet<string> = new Set([
  'aol.com',
  'gmail.com',
  'gmx.de',
  'gmx.net',
  'googlemail.com',
  'hotmail.com',
  'icloud.com',
  'live.com',
  'mail.ru',
  'me.com',
  'outlook.com',
  'proton.me',
  'protonmail.com',
  'qq.com',
  'yahoo.com',
  'yandex.ru',
]);
const MAX_TEXT = 10_000;
const MAX_ADDRESSES = 100;

/** The domain of an address in lower case, `Bob <bob@example.com>` too; undefined for what is no address. */
export function emailDomain(value: unknown): string | undefined {
  const text = asText(value);
  return text === undefined ? undefined : domainOf(text);
}

const domainOf = remembered((given) => {
  const text = given.slice(-MAX_TEXT).trim().toLowerCase();
  return /[^\s@]@([^\s@<>,;]+?)\.?>?$/.exec(text)?.[1];
});

/** The addresses in a text, in a list of texts, or under `email` of an object; at most 100. */
export function emailsIn(value: unknown): readonly string[] {
  if (!Array.isArray(value)) return emailsOf(value);
  return value.slice(0, MAX_ADDRESSES).flatMap(emailsOf).slice(0, MAX_ADDRESSES);
}

function emailsOf(part: unknown): readonly string[] {
  // Of the places that are looked into, most hold nothing.
  if (part === undefined || part === null) return NONE;
  const text = asText(
    typeof part === 'object' && Object.hasOwn(part, 'email')
      ? (part as { email: unknown }).email
      : part,
  );
  return text === undefined ? NONE : addressesOf(text);
}

const NONE: readonly string[] = [];

const addressesOf = remembered((text): readonly string[] =>
  text
    .slice(0, MAX_TEXT)
    .split(/[\s,;<>"]+/)
    .filter((word) => emailDomain(word) !== undefined)
    .slice(0, MAX_ADDRESSES),
);

/** True for a domain of the list and for those below it; entries may begin with an @ or a dot, in any case. */
export function isDomainListed(domain: string, domains: readonly string[]): boolean {
  return domains.some((entry) => {
    const own = entry.trim().toLowerCase().replace(/^[@.]/, '');
    return own !== '' && (domain === own || domain.endsWith(`.${own}`));
  });
}

/**
 * True when the address is known to be none of the company's. Without configured domains, the company's is that of the
 * actor, unless it is a public mail provider's. Nothing to compare with, or no address: false.
 */
export function isOutsider(
  email: unknown,
  event: AuditLogEvent,
  companyDomains: readonly string[],
): boolean {
  const domain = emailDomain(email);
  if (domain === undefined) return false;
  if (companyDomains.length > 0) return !isDomainListed(domain, companyDomains);
  const actors = emailDomain(field(event, 'actor', 'email'));
  if (actors === undefined) return false;
  return PUBLIC_MAIL.has(actors) || !isDomainListed(domain, [actors]);
}
