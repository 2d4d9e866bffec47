// `npm run docs`: writes the generated documents anew. What they say is lib/docs.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generatedDocs } from '../docs/generated.ts';

const top = fileURLToPath(new URL('../..', import.meta.url));
for (const { path, text } of generatedDocs()) {
  const file = join(top, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  process.stdout.write(`${path}\n`);
}
