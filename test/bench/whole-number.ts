// Reads a number off the command line.
import { ConfigurationError } from '../../lib/errors.ts';

/** @throws ConfigurationError that names the option, what was given and what is wanted */
export function wholeNumber(option: string, given: string, from: number, to: number): number {
  const number = /^\d+$/.test(given) ? Number(given) : Number.NaN;
  if (number >= from && number <= to) return number;
  throw new ConfigurationError('The command', [
    `${option} must be a whole number from ${from} to ${to} (given: ${JSON.stringify(given)})`,
  ]);
}
