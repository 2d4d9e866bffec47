// Opens the audit log a run polls: Asana's API, or a simulated workspace on loopback with a file's events or made ones.
import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { readEventsFile } from './file-history.ts';
import type { AsanaSource } from './options.ts';
import { counted } from './show.ts';
import { EventFile } from './simulator/event-file.ts';
import type { EventLog } from './simulator/event-log.ts';
import { DEFAULT_WORKSPACE_GID, startSimulator } from './simulator/server.ts';
import { createWorkspace } from './simulator/workspace.ts';

export interface OpenSource {
  readonly baseUrl: string;
  readonly workspaceGid: string;
  readonly token: string;
  /** For the first line a person reads: "the simulated workspace ...". */
  readonly words: string;
  /** The log is another one than an earlier run read: that run's position in it is worth nothing. */
  readonly rewritten: boolean;
  /** It goes on with time, so that it can fall silent. A file of events is a history: it holds what it holds. */
  readonly goesOn: boolean;
  /** To be called once a rewritten log has been dealt with. */
  remember(): void;
  close(): Promise<void>;
}

/** A simulated workspace takes any token. */
const SIMULATED_TOKEN = 'simulated';
/** As `npm run simulator` has it. */
const DEFAULT_SEED = '1';
/**
 * Offsets of a simulated workspace never expire here: lines may be appended at any time and of any age, and asking by
 * time after an expired offset would miss the older ones.
 */
const OFFSET_LIFETIME_MS = Number.POSITIVE_INFINITY;

/** @param onError told what the simulated workspace cannot serve, each time it is asked */
export async function openSource(
  source: AsanaSource,
  dataFolder: string,
  clock: Clock,
  onError: (error: unknown) => void,
): Promise<OpenSource> {
  if (source.kind === 'api') {
    return {
      baseUrl: source.baseUrl,
      workspaceGid: source.workspaceGid,
      token: source.token,
      words: `workspace ${source.workspaceGid} at ${source.baseUrl}`,
      rewritten: false,
      goesOn: true,
      remember() {},
      close: async () => {},
    };
  }
  return source.kind === 'file'
    ? serveFile(source.path, dataFolder, onError)
    : serveGenerated(source.seed ?? DEFAULT_SEED, dataFolder, clock, onError);
}

async function serveFile(
  path: string,
  dataFolder: string,
  onError: (error: unknown) => void,
): Promise<OpenSource> {
  const log = new EventFile(path);
  const realPath = realpathSync(path);
  const reading = await readEventsFile(join(dataFolder, 'asana', 'files.json'), realPath);
  const words = `a simulated Asana workspace with the ${counted(log.index.length, 'event')} of ${path}`;
  const served = await serve(log, gidOf(`file ${realPath}`), words, onError);
  return { ...served, ...reading, goesOn: false };
}

/** Each seed is a workspace of its own, kept in a file of its own. */
async function serveGenerated(
  seed: string,
  dataFolder: string,
  clock: Clock,
  onError: (error: unknown) => void,
): Promise<OpenSource> {
  const isDefault = seed === DEFAULT_SEED;
  const gid = isDefault ? DEFAULT_WORKSPACE_GID : gidOf(`seed ${seed}`);
  const name = isDefault ? 'events.jsonl' : `events-${gid}.jsonl`;
  const path = join(dataFolder, 'asana', name);
  const log = createWorkspace({ seed, clock, path });
  return serve(log, gid, 'a simulated Asana workspace that goes on living', onError);
}

async function serve(
  log: EventLog,
  workspaceGid: string,
  words: string,
  onError: (error: unknown) => void,
): Promise<OpenSource> {
  const simulator = await startSimulator({
    log,
    workspaceGid,
    offsetLifetimeMs: OFFSET_LIFETIME_MS,
    onError,
  });
  return {
    baseUrl: simulator.url,
    workspaceGid,
    token: SIMULATED_TOKEN,
    words,
    rewritten: false,
    goesOn: true,
    remember() {},
    close: () => simulator.close(),
  };
}

/** Sixteen digits as Asana's gids have, always the same for the same name. */
function gidOf(name: string): string {
  const digits = createHash('sha256').update(name).digest().readBigUInt64BE() % 10n ** 15n;
  return `9${digits.toString().padStart(15, '0')}`;
}
