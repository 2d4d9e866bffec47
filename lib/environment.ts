// Reads a function's configuration out of its environment through a zod schema, reporting every problem at once; and the
// kinds of values that several functions have there.
import * as z from 'zod';
import { ConfigurationError } from './errors.ts';

/**
 * `schema` is an object whose keys are environment variable names. An empty string counts as absent, as shells and
 * templates leave them. @throws ConfigurationError naming each variable, what was given and what is wanted.
 */
export function readEnvironment<T extends z.ZodType>(
  schema: T,
  env: NodeJS.ProcessEnv,
): z.output<T> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new ConfigurationError(
    'The environment of this function',
    parsed.error.issues.map((issue) => {
      const name = String(issue.path[0] ?? '');
      const value = given[name];
      return `${name}: ${issue.message} (given: ${value === undefined ? 'nothing' : JSON.stringify(value)})`;
    }),
  );
}

export const wholeNumber = (from: number, to: number) =>
  z
    .string()
    .regex(/^\d+$/, `must be a whole number from ${from} to ${to}`)
    .transform(Number)
    .refine((n) => n >= from && n <= to, `must be from ${from} to ${to}`);

/** `Boolean("false")` is true: only the two words count. */
export const trueOrFalse = z
  .enum(['true', 'false'], { error: 'must be true or false' })
  .transform((word) => word === 'true');

/** Undefined for what is no JSON, which no schema takes. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
