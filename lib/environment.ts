// Reads a function's configuration out of its environment through a zod schema, reporting every problem at once.
import type * as z from 'zod';
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
