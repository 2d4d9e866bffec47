// How much of the internet an allowed range covers, as far as its text tells.
// Says nothing of whose addresses they are.
import { asText } from './fields.ts';

/** Ranges of at most so many leading bits are wider than what one company is given: 65,536 IPv4 addresses. */
const WIDE_BITS = { 4: 16, 6: 32 } as const;

/** True for a CIDR of /16 (IPv4) or /32 (IPv6) or wider, alone or in a text or list of several. */
export function isWideRange(value: unknown): boolean {
  const parts = Array.isArray(value) ? value.slice(0, 1_000) : [value];
  return parts.some((part) =>
    (asText(part)?.slice(0, 10_000) ?? '').split(/[\s,;]+/).some((range) => {
      const [, address = '', bits = ''] = /^([0-9a-f.:]+)\/(\d{1,3})$/i.exec(range) ?? [];
      return bits !== '' && Number(bits) <= WIDE_BITS[address.includes(':') ? 6 : 4];
    }),
  );
}
