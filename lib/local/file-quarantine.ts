// The quarantine of the local run: a file an event, under the data folder.
import { mkdir, open, rename } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { QuarantineStore } from '../bus/quarantine.ts';

export class FileQuarantine implements QuarantineStore {
  readonly #folder: string;
  #drafts = 0;

  /** Keys bring a folder name of their own (`quarantine/...`), so `folder` is the data folder. */
  constructor(folder: string) {
    this.#folder = resolve(folder);
  }

  /** Whole or not at all: written beside, synced, moved into place. @returns a `file:` URI */
  async put(key: string, body: string): Promise<string> {
    const path = resolve(this.#folder, key);
    // Entries that are alike have one key, and are put several at a time.
    const draft = `${path}.${++this.#drafts}.new`;
    await mkdir(dirname(path), { recursive: true });
    const file = await open(draft, 'w');
    try {
      await file.writeFile(body);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
    return pathToFileURL(path).href;
  }
}
