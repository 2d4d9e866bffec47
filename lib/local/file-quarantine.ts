// The quarantine of the local run: a file an event, under the data folder.
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { QUARANTINE_PREFIX, type QuarantineStore } from '../bus/quarantine.ts';

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

  /** Keys of all events in quarantine, in order. */
  async keys(): Promise<readonly string[]> {
    const folder = resolve(this.#folder, QUARANTINE_PREFIX);
    const found = await readdir(folder, { recursive: true }).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    });
    return found
      .filter((path) => path.endsWith('.json'))
      .map((path) => `${QUARANTINE_PREFIX}${path.replaceAll('\\', '/')}`)
      .sort();
  }

  /** @param key one of `keys()` @returns how large it is, and when it came, in epoch milliseconds */
  async factsOf(key: string): Promise<{ readonly bytes: number; readonly since: number }> {
    const { size, mtimeMs } = await stat(resolve(this.#folder, key));
    return { bytes: size, since: mtimeMs };
  }

  /** @param key one of `keys()` */
  async read(key: string): Promise<string> {
    return readFile(resolve(this.#folder, key), 'utf8');
  }

  /** @param key one of `keys()` */
  async remove(key: string): Promise<void> {
    await rm(resolve(this.#folder, key));
  }
}
