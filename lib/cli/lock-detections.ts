// `npm run versions`: brings lib/detections/catalogue.lock.json up to date, unless a changed definition kept its version.
// With --check nothing is written, and a lock that is behind is a failure too. What counts as a change is lib/detections/definition/lock.ts.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CATALOGUE } from '../detections/catalogue/index.ts';
import { EMPTY_LOCK, fingerprint, type Lock, nextLock } from '../detections/definition/lock.ts';

const [, , option, given] = process.argv;
const isCheck = option === '--check';
const file = given ?? fileURLToPath(new URL('../detections/catalogue.lock.json', import.meta.url));
if (option !== undefined && !isCheck && option !== '--file') {
  process.stderr.write('Usage: npm run versions [-- --check [FILE] | --file FILE]\n');
  process.exit(2);
}

const text = read(file);
const catalogue = Object.fromEntries(CATALOGUE.map((each) => [each.id, fingerprint(each)]));
const { lock, problems } = nextLock(
  text === undefined ? EMPTY_LOCK : (JSON.parse(text) as Lock),
  catalogue,
);
const next = `${JSON.stringify(lock, null, 2)}\n`;
if (problems.length > 0) {
  process.stderr.write(`${problems.join('\n')}\n`);
  process.exitCode = 1;
} else if (isCheck && next !== text) {
  process.stderr.write('The lock of the detections is behind the catalogue: npm run versions\n');
  process.exitCode = 1;
} else if (!isCheck) {
  writeFileSync(file, next);
  process.stdout.write(`${CATALOGUE.length} detections in ${file}\n`);
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
