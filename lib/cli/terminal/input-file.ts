// Reads a small file that a flag names, or standard input for "-", and says by the flag's name what is wrong with it.
// Histories, which may be of any size, are read by lib/backtest.
import { readFileSync } from 'node:fs';
import { parseLossless } from '../../asana/lossless-json.ts';
import { ConfigurationError } from '../../errors.ts';
import { cleanText } from '../../text.ts';

const STDIN = 0;

/** The text without its byte order mark. @throws ConfigurationError naming the flag and the file */
function readInput(flag: string, path: string): string {
  try {
    return readFileSync(path === '-' ? STDIN : path, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    throw new ConfigurationError('A file', [
      `--${flag} ${path} cannot be read: ${cleanText((error as Error).message)}`,
    ]);
  }
}

/** Numbers keep their digits. @throws ConfigurationError as `readInput`, and for what is no JSON */
export function readJsonInput(flag: string, path: string): unknown {
  const content = readInput(flag, path);
  try {
    return parseLossless(content);
  } catch (error) {
    throw new ConfigurationError('A file', [
      `--${flag} ${path} is not JSON: ${cleanText((error as Error).message)}`,
    ]);
  }
}
