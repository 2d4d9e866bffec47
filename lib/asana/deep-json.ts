// JSON nested deeper than the engine's own recursion goes (about 3,000 levels with digits kept, 5,000 without): read and
// written without recursion. Slower, so used only where the plain way has overflowed. See lossless-json.ts.
import { randomUUID } from 'node:crypto';

/** A string or a number of a JSON text. Strings are matched so that digits inside them are left alone. */
const STRING_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * @param text valid JSON
 * @param keep what stands for a number that a double would change, made from its digits
 */
export function parseDeep(text: string, keep: (digits: string) => unknown): unknown {
  const mark = `${randomUUID()}:`;
  const marked = text.replace(STRING_OR_NUMBER, (token) =>
    token.startsWith('"') || String(Number(token)) === token ? token : `"${mark}${token}"`,
  );
  const root = [JSON.parse(marked) as unknown];
  const open: Record<string, unknown>[] = [root as unknown as Record<string, unknown>];
  for (let parent = open.pop(); parent !== undefined; parent = open.pop()) {
    for (const [key, value] of Object.entries(parent)) {
      if (typeof value === 'string' && value.startsWith(mark)) {
        // Not an assignment: a key may be `__proto__`.
        const kept = keep(value.slice(mark.length));
        Object.defineProperty(parent, key, { value: kept });
      } else if (typeof value === 'object' && value !== null) {
        open.push(value as Record<string, unknown>);
      }
    }
  }
  return root[0];
}

/** @param leaf the JSON text of a value that is neither an array nor an object, or undefined where there is more inside */
export function stringifyDeep(
  value: unknown,
  leaf: (value: unknown) => string | undefined,
): string {
  let text = '';
  // Texts are written as they are taken off the stack; values are taken apart.
  const stack: ({ readonly text: string } | { readonly value: unknown })[] = [{ value }];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if ('text' in next) {
      text += next.text;
      continue;
    }
    const whole = leaf(next.value);
    if (whole !== undefined) {
      text += whole;
      continue;
    }
    const isArray = Array.isArray(next.value);
    const members = Object.entries(next.value as object).filter(
      ([, member]) => isArray || member !== undefined,
    );
    text += isArray ? '[' : '{';
    stack.push({ text: isArray ? ']' : '}' });
    for (const [index, [key, member]] of [...members.entries()].reverse()) {
      const comma = index === 0 ? '' : ',';
      stack.push({ value: member });
      stack.push({ text: isArray ? comma : `${comma}${JSON.stringify(key)}:` });
    }
  }
  return text;
}
