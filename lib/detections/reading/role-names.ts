// What the name of a role says about its power. Names are Asana's, unlisted and growing; custom ones are people's.
import { asText } from './fields.ts';

const NO_ROLE = /^(none|no[ _-]role|removed|(limited[ _-]access[ _-])?member|guest|user)$/;

/** True where the value, or one of a list, holds "admin" in any case. */
export function isAdminRole(value: unknown): boolean {
  return namesOf(value).some((name) => name.includes('admin'));
}

/** True where the value, or one of a list, is that of a super admin, however it is written. */
export function isSuperAdminRole(value: unknown): boolean {
  return namesOf(value).some((name) => /^super[ _-]?admin(istrator)?$/.test(name));
}

/** True for a name that is known to grant nothing, and for an explicit null; false for what is absent or unknown. */
export function isNoRole(value: unknown): boolean {
  const names = namesOf(value);
  return value === null || (names.length > 0 && names.every((name) => NO_ROLE.test(name)));
}

function namesOf(value: unknown): string[] {
  const parts = Array.isArray(value) ? value.slice(0, 100) : [value];
  return parts.flatMap((part) => asText(part)?.slice(0, 1_000).trim().toLowerCase() ?? []);
}
