// Remembers how far each events file was read, so that a file that was rewritten is not taken for one that grew.
// A poller's position in a file means nothing once what stood before it is something else.
import { createHash, type Hash } from 'node:crypto';
import { createReadStream, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import * as z from 'zod';

const readingSchema = z.object({ bytes: z.number().int().nonnegative(), sha256: z.string() });
const historySchema = z.record(z.string(), readingSchema);
/** The first `bytes` of a file, by their digest. */
type Reading = z.infer<typeof readingSchema>;

export interface FileReading {
  /** It does not begin with what it held last time: it was rewritten, not appended to. */
  readonly rewritten: boolean;
  /** Remembers how it stands now. To be called once a rewritten file has been dealt with. */
  remember(): void;
}

/** Compares `path` (absolute, links resolved) with what `historyFile` says of it. */
export async function readEventsFile(historyFile: string, path: string): Promise<FileReading> {
  const history = readHistory(historyFile);
  const last = history[path];
  const { now, then } = await digest(path, last?.bytes ?? 0);
  return {
    rewritten: last !== undefined && then !== last.sha256,
    remember() {
      mkdirSync(dirname(historyFile), { recursive: true });
      const draft = `${historyFile}.new`;
      writeFileSync(draft, JSON.stringify({ ...history, [path]: now }));
      renameSync(draft, historyFile);
    },
  };
}

function readHistory(file: string): Record<string, Reading> {
  try {
    return historySchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    // Absent on a first run. Damaged it counts as absent too: a file then is taken for one that grew.
    return {};
  }
}

/** The whole file's reading, and the digest of its first `bytes` (undefined when it is shorter). */
async function digest(
  path: string,
  bytes: number,
): Promise<{ now: Reading; then: string | undefined }> {
  const hash = createHash('sha256');
  let read = 0;
  let then: string | undefined = bytes === 0 ? hex(hash) : undefined;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    if (then === undefined && read + chunk.length >= bytes) {
      const middle = bytes - read;
      then = hex(hash.update(chunk.subarray(0, middle)));
      hash.update(chunk.subarray(middle));
    } else {
      hash.update(chunk);
    }
    read += chunk.length;
  }
  return { now: { bytes: read, sha256: hex(hash) }, then };
}

function hex(hash: Hash): string {
  return hash.copy().digest('hex');
}
