// Every operational event that the contract names is said by somebody.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { OPERATIONAL_DETAIL_TYPES } from '../../../lib/contract/sources.ts';

const LIB = fileURLToPath(new URL('../../../lib', import.meta.url));

it.for(Object.keys(OPERATIONAL_DETAIL_TYPES))('%s is emitted', (name) => {
  const files = readdirSync(LIB, { recursive: true, encoding: 'utf8' });
  const emitting = files.filter(
    (file) =>
      file.endsWith('.ts') &&
      readFileSync(join(LIB, file), 'utf8').includes(`OPERATIONAL_DETAIL_TYPES.${name}`),
  );
  expect(emitting).not.toEqual([]);
});
