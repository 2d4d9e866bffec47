// Addresses however they are written: the same host is the same text, in a range or not, and in a network coarse enough that
// the next address of the same place is in it as well. Says nothing of whose networks those are or where.
import { addressDigits, inAddressRange, parseCidr } from '../event-pattern/address.ts';

/** Hex digits kept of an address for its network: /24 and /48. */
const KEPT_DIGITS = { 4: 6, 6: 12 } as const;
const MAX_ADDRESS = 64;
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

/** `203.0.113.9` also for `::ffff:203.0.113.9`, `2001:db8::1` also for `2001:0DB8:0::1`; undefined for what is no address. */
export function addressOf(text: string): string | undefined {
  const digits = digitsOf(text);
  if (digits === undefined) return undefined;
  if (digits.length === 8) return octetsOf(digits).join('.');
  return new URL(`http://[${hextetsOf(digits).join(':')}]`).hostname.slice(1, -1);
}

/** `203.0.113.0/24`, `2001:db8:4a::/48`; undefined for what is no address. */
export function networkOf(text: string): string | undefined {
  const digits = digitsOf(text);
  if (digits === undefined) return undefined;
  if (digits.length === 8) return `${octetsOf(digits.slice(0, KEPT_DIGITS[4])).join('.')}.0/24`;
  return `${hextetsOf(digits.slice(0, KEPT_DIGITS[6])).join(':')}::/48`;
}

/** True when one of the ranges holds the address: CIDR ranges, and single addresses. */
export function isAddressIn(text: string, ranges: readonly string[]): boolean {
  const digits = digitsOf(text);
  return digits !== undefined && ranges.some((range) => isIn(digits, range.trim()));
}

/** True when the list holds the address, or its network by any address in it. */
export function isNetworkListed(address: string, list: readonly string[]): boolean {
  const own = networkOf(address);
  return (
    own !== undefined &&
    (isAddressIn(address, list) ||
      list.some((entry) => networkOf(entry.split('/')[0] ?? '') === own))
  );
}

/** The address of a range that holds just one: written without a mask, or with all its bits. */
export function singleAddress(range: string): string | undefined {
  const [address = '', mask] = range.split('/');
  if (mask === undefined) return address;
  return Number(mask) === (digitsOf(address)?.length ?? 0) * 4 ? address : undefined;
}

/** Upper-case hex: 8 digits of IPv4, in IPv6 clothes too, else 32; undefined for what is no address. */
export function digitsOf(text: string): string | undefined {
  const address = text.trim();
  // Patterns take longer hextets as well, as AWS's engine does.
  if (address.length > MAX_ADDRESS || /[^:.]{5}/.test(address)) return undefined;
  const end = address.slice(address.lastIndexOf(':') + 1);
  if (!end.includes('.')) return addressDigits(address) ?? undefined;
  if (!IPV4.test(end)) return undefined;
  const head = address.slice(0, -end.length);
  return addressDigits(head === '' ? end : head + asHextets(end)) ?? undefined;
}

/** The IPv4 address that an IPv6 one may end in. */
function asHextets(ipv4: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = ipv4.split('.').map(Number);
  return `${(256 * a + b).toString(16)}:${(256 * c + d).toString(16)}`;
}

function isIn(digits: string, range: string): boolean {
  const single = singleAddress(range);
  if (single !== undefined) return digits === digitsOf(single);
  const parsed = parseCidr(range);
  // Of one family: a range of the other is as long or as short again.
  return (
    typeof parsed !== 'string' &&
    parsed.bottom.length === digits.length &&
    inAddressRange(digits, parsed)
  );
}

function octetsOf(digits: string): number[] {
  return (digits.match(/../g) ?? []).map((octet) => Number.parseInt(octet, 16));
}

function hextetsOf(digits: string): string[] {
  return (digits.match(/..../g) ?? []).map((hextet) => Number.parseInt(hextet, 16).toString(16));
}
