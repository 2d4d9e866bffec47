// The network an address is in, coarse enough that the next address of the same place is the same network.
// Text alone: says nothing of whose network it is or where.

const HEXTETS = 8;
const KEPT_HEXTETS = 3;
const MAX_ADDRESS = 64;
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/;
const HEXTET = /^[0-9a-f]{1,4}$/;

/** `203.0.113.0/24`, `2001:db8:4a::/48`; undefined for what is no address. */
export function networkOf(text: string): string | undefined {
  if (text.length > MAX_ADDRESS) return undefined;
  const address = text
    .trim()
    .toLowerCase()
    .replace(/^::ffff:(?=\d+\.)/, '');
  if (IPV4.test(address)) return `${address.split('.').slice(0, 3).join('.')}.0/24`;
  const hextets = hextetsOf(address);
  if (hextets === undefined) return undefined;
  const kept = hextets.slice(0, KEPT_HEXTETS).map((part) => Number.parseInt(part, 16).toString(16));
  return `${kept.join(':')}::/48`;
}

/** The eight parts of an IPv6 address. One that ends in IPv4 is read up to there, which is far enough. */
function hextetsOf(address: string): string[] | undefined {
  const [head = '', tail, ...more] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const last = right.at(-1) ?? left.at(-1) ?? '';
  if (IPV4.test(last)) {
    const parts = right.length > 0 ? right : left;
    parts.splice(-1, 1, '0', '0');
  }
  const known = left.length + right.length;
  const isWhole = tail === undefined ? known === HEXTETS : known < HEXTETS;
  if (more.length > 0 || !isWhole) return undefined;
  const all = [...left, ...Array.from({ length: HEXTETS - known }, () => '0'), ...right];
  return all.every((part) => HEXTET.test(part)) ? all : undefined;
}

/** True when the list holds the address's network: as such a network, or as any address in it. */
export function isNetworkListed(address: string, list: readonly string[]): boolean {
  const own = networkOf(address);
  return (
    own !== undefined && list.some((entry) => networkOf(entry.trim().split('/')[0] ?? '') === own)
  );
}
