// Which numbers EventBridge compares as numbers. It reads them into a double and keeps only those whose digits survive;
// the others (most integers beyond 2^53) are compared as text. No pattern syntax here.

const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;
const MAX_JAVA_EXPONENT = 2_147_483_647;
const LONG_LIMIT = 2 ** 63;

/** The double to compare a JavaScript number by, or undefined when its digits were already lost. */
export function comparableNumber(value: number): number | undefined {
  if (!Number.isFinite(value)) return undefined;
  if (Math.abs(value) <= Number.MAX_SAFE_INTEGER || Math.abs(value) >= LONG_LIMIT) return value + 0;
  return comparableText(String(value));
}

/** The same for a number's JSON text, such as `3.0e2` or `12345678901234567890`. */
export function comparableText(text: string): number | undefined {
  const value = Number(text);
  if (!Number.isFinite(value)) return undefined;
  const exact = canonical(text);
  if (exact === undefined || exact !== canonical(digitsOfDouble(value))) return undefined;
  return value + 0; // -0 becomes 0
}

/**
 * The decimal digits Java prints for a double: the shortest that reads back, save for integers from 2^53 to 2^63, which
 * up to JDK 18 it prints in full, less one or two digits that carry nothing. (Later JDKs print those shortest too; an
 * integer whose digits a double cannot hold is text under either.)
 */
function digitsOfDouble(value: number): string {
  const size = Math.abs(value);
  if (size <= Number.MAX_SAFE_INTEGER || size >= LONG_LIMIT) return String(value);
  const spareBits = Math.floor(Math.log2(size)) - 54;
  const step = spareBits < 4 ? 1n : spareBits < 7 ? 10n : 100n;
  const whole = BigInt(size);
  const rounded = ((whole + step / 2n) / step) * step;
  return `${value < 0 ? '-' : ''}${rounded}`;
}

/** Sign, significant digits and exponent, so that 5, 5.0 and 0.5e1 are one string; undefined when Java cannot read it. */
function canonical(text: string): string | undefined {
  const parts = DECIMAL.exec(text);
  if (parts === null) return undefined;
  const [, sign = '', whole = '', fraction = '', exponentText = '0'] = parts;
  const exponent = Number(exponentText);
  if (Math.abs(exponent) > MAX_JAVA_EXPONENT) return undefined;
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0';
  return `${sign}${significant}e${exponent - fraction.length + digits.length - significant.length}`;
}
