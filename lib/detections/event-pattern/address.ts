// IP addresses as hex digits, and ranges of them, read the way AWS's engine reads them (Java's literals, no host names).
// Ranges compare digit by digit, as the engine's do, so an answer may come before the last digit.

const IPV4 = /^\d+\.\d+\.\d+\.\d+$/;
const IPV6 = /^[0-9a-fA-F:]*:[0-9a-fA-F:]*$/;
const HEX_DIGITS = '0123456789ABCDEF';
const MAPPED_IPV4_PREFIX = '00000000000000000000FFFF';

/** An inclusive range of addresses, both ends 8 (IPv4) or 32 (IPv6) upper-case hex digits. */
export interface AddressRange {
  readonly bottom: string;
  readonly top: string;
}

/** The digits of an address literal, or null. An IPv4 address in IPv6 clothes (`::ffff:a00:1`) is IPv4. */
export function addressDigits(text: string): string | null {
  if (IPV4.test(text)) return ipv4Digits(text);
  if (!IPV6.test(text)) return null;
  const digits = ipv6Digits(text);
  return digits?.startsWith(MAPPED_IPV4_PREFIX) ? digits.slice(MAPPED_IPV4_PREFIX.length) : digits;
}

function ipv4Digits(text: string): string | null {
  if (text.length > 15) return null;
  let digits = '';
  for (const octet of text.split('.')) {
    if (Number(octet) > 255) return null;
    digits += hex(Number(octet), 2);
  }
  return digits;
}

function ipv6Digits(text: string): string | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const head = groups(halves[0] ?? '');
  const tail = halves.length === 2 ? groups(halves[1] ?? '') : [];
  if (head === null || tail === null) return null;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null;
  return [...head, ...Array<string>(missing).fill('0000'), ...tail].join('');
}

function groups(text: string): string[] | null {
  if (text === '') return [];
  const found: string[] = [];
  for (const group of text.split(':')) {
    // Java bounds a group's value, not its length: 00001 is a group.
    const value = group === '' ? Number.NaN : Number.parseInt(group, 16);
    if (!(value <= 0xffff)) return null;
    found.push(hex(value, 4));
  }
  return found;
}

function hex(value: number, length: number): string {
  return value.toString(16).toUpperCase().padStart(length, '0');
}

/** `10.0.0.0/8` as a range, or the words in which EventBridge refuses it. `/32` and `/128` are refused. */
export function parseCidr(cidr: string): AddressRange | string {
  const parts = cidr.split('/');
  while (parts.length > 1 && parts.at(-1) === '') parts.pop(); // Java's split drops them
  const [address, mask] = parts;
  if (parts.length !== 2 || address === undefined || mask === undefined) {
    return "Malformed CIDR, one '/' required";
  }
  if (!/^[+-]?\d+$/.test(mask) || Math.abs(Number(mask)) > 2_147_483_647) {
    return 'Malformed CIDR, mask bits must be an integer';
  }
  const maskBits = Number(mask);
  if (maskBits < 0) return 'Malformed CIDR, mask bits must not be negative';
  const digits = addressDigits(address);
  if (digits === null) return `Nonstandard IP address: ${address}`;
  const bits = digits.length * 4;
  if (maskBits >= bits) return `${bits === 32 ? 'IPv4' : 'IPv6'} mask bits must be < ${bits}`;
  const free = (1n << BigInt(bits - maskBits)) - 1n;
  const base = BigInt(`0x${digits}`);
  const text = (value: bigint) => value.toString(16).toUpperCase().padStart(digits.length, '0');
  return { bottom: text(base & ~free), top: text(base | free) };
}

/**
 * Whether the digits of `text` lead into the range. The engine stops as soon as that is certain and does not look at the
 * length, so a long IPv6 address can fall in an IPv4 range, and so can a JSON number whose digits do.
 */
export function inAddressRange(text: string, { bottom, top }: AddressRange): boolean {
  let atBottom = true;
  let atTop = true;
  for (let i = 0; i < bottom.length; i++) {
    const digit = text.charAt(i);
    if (digit === '' || !HEX_DIGITS.includes(digit)) return false;
    const low = bottom.charAt(i);
    const high = top.charAt(i);
    if ((atBottom && digit < low) || (atTop && digit > high)) return false;
    atBottom &&= digit === low;
    atTop &&= digit === high;
    if (!atBottom && !atTop) return true;
  }
  return true;
}
