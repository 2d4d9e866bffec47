// Opens the audit log a run polls: Asana's API, or a simulated workspace on loopback with a file's events or made ones.
import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { readEventsFile } from './file-history.ts';
import type { AsanaSource } from './options.ts';
import { counted } from './show.ts';
import { EventFile } from './simulator/event-file.ts';
import { startSimulator } from './simulator/server.ts';

export interface OpenSource {
  readonly baseUrl: string;
  readonly workspaceGid: string;
  readonly token: string;
  /** For the first line a person reads: "the simulated workspace ...". */
  readonly words: string;
  /** The log is another one than an earlier run read: that run's position in it is worth nothing. */
  readonly rewritten: boolean;
  /** To be called once a rewritten log has been dealt with. */
  remember(): void;
  close(): Promise<void>;
}

/** A simulated workspace takes any token. */
const SIMULATED_TOKEN = 'simulated';
/**
 * Offsets of a simulated workspace never expire here: lines may be appended at any time and of any age, and asking by
 * time after an expired offset would miss the older ones.
 */
const OFFSET_LIFETIME_MS = Number.POSITIVE_INFINITY;

/** @param onError told what the simulated workspace cannot serve, each time it is asked */
export async function openSource(
  source: AsanaSource,
  dataFolder: string,
  onError: (error: unknown) => void,
): Promise<OpenSource> {
  if (source.kind === 'api') {
    return {
      baseUrl: source.baseUrl,
      workspaceGid: source.workspaceGid,
      token: source.token,
      words: `workspace ${source.workspaceGid} at ${source.baseUrl}`,
      rewritten: false,
      remember() {},
      close: async () => {},
    };
  }
  const path = source.kind === 'file' ? source.path : '';
  const log = new EventFile(path);
  const simulator = await startSimulator({
    log,
    workspaceGid: gidOfFile(realpathSync(path)),
    offsetLifetimeMs: OFFSET_LIFETIME_MS,
    onError,
  });
  return {
    baseUrl: simulator.url,
    workspaceGid: simulator.workspaceGid,
    token: SIMULATED_TOKEN,
    words: `a simulated workspace with the ${counted(log.index.length, 'event')} of ${path}`,
    ...(await readEventsFile(join(dataFolder, 'asana', 'files.json'), realpathSync(path))),
    close: () => simulator.close(),
  };
}

/** Sixteen digits as Asana's gids have, the same for the same file: each file is a workspace of its own. */
function gidOfFile(path: string): string {
  const digits = createHash('sha256').update(path).digest().readBigUInt64BE() % 10n ** 15n;
  return `9${digits.toString().padStart(15, '0')}`;
}
