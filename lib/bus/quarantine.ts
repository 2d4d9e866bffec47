// The quarantine: where an event goes whole when it cannot travel whole, or cannot be recognised at all.
// The S3 adapter is in s3-quarantine.ts, the local run's in lib/local.
import { createHash } from 'node:crypto';

export interface QuarantineStore {
  /** Stores the text under the key, overwriting what a former try left. @returns the object's URI */
  put(key: string, body: string): Promise<string>;
}

/** Every key begins so: the poller's role may write nowhere else. */
export const QUARANTINE_PREFIX = 'quarantine/';

/**
 * By workspace, day and gid, so that a retry overwrites. What has no gid, or one that is no fit name, goes by the hash
 * of its text.
 * @param createdAt epoch milliseconds, or undefined where unreadable
 */
export function quarantineKey(
  workspaceGid: string,
  createdAt: number | undefined,
  gid: string | undefined,
  body: string,
): string {
  const day = createdAt === undefined ? 'undated' : new Date(createdAt).toISOString().slice(0, 10);
  const name =
    gid !== undefined && /^[\w-]{1,128}$/.test(gid)
      ? gid
      : `sha256-${createHash('sha256')
          .update(gid ?? body)
          .digest('hex')}`;
  return `${QUARANTINE_PREFIX}${workspaceGid}/${day}/${name}.json`;
}
