// The quarantine for a person's commands, in S3 or a data folder: what lies there, one whole, and taking it away.
// How events come there is lib/bus's and lib/poller's.
import {
  DeleteObjectCommand,
  GetObjectCommand,
  paginateListObjectsV2,
  S3Client,
} from '@aws-sdk/client-s3';
import { s3PathStyle } from '../../aws-clients.ts';
import { QUARANTINE_PREFIX } from '../../bus/quarantine.ts';
import { AuditBusError } from '../../errors.ts';
import { FileQuarantine } from '../../local/file-quarantine.ts';
import { cleanText } from '../../text.ts';
import type { Target } from '../target/target.ts';

export interface Quarantined {
  /** `quarantine/WORKSPACE/DAY/GID.json` */
  readonly key: string;
  readonly bytes: number;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

export interface QuarantineRoom {
  /** By key, in order. */
  list(limit: number): Promise<readonly Quarantined[]>;
  /** @throws AuditBusError `quarantine.unknown` */
  read(key: string): Promise<string>;
  remove(key: string): Promise<void>;
  close(): void;
}

export function openQuarantine(target: Target, env: NodeJS.ProcessEnv): QuarantineRoom {
  const { deployed, local } = target;
  if (deployed !== undefined) {
    const bucket = deployed.outputs.get('QuarantineBucketName') ?? '';
    return inS3(new S3Client({ ...deployed.config, ...s3PathStyle(env) }), bucket);
  }
  return inFolder(new FileQuarantine(local?.dataFolder ?? ''));
}

/** What a key says of its event. */
export function partsOf(key: string): { readonly workspaceGid: string; readonly gid: string } {
  const [, workspaceGid = '', , name = ''] = key.split('/');
  return { workspaceGid, gid: name.replace(/\.json$/, '') };
}

function inS3(client: S3Client, Bucket: string): QuarantineRoom {
  return {
    async list(limit) {
      const found: Quarantined[] = [];
      const pages = paginateListObjectsV2({ client }, { Bucket, Prefix: QUARANTINE_PREFIX });
      for await (const { Contents = [] } of pages) {
        for (const { Key: key, Size: bytes = 0, LastModified } of Contents) {
          if (key !== undefined) found.push({ key, bytes, since: LastModified?.getTime() ?? 0 });
        }
        if (found.length >= limit) break;
      }
      return found.slice(0, limit);
    },
    async read(Key) {
      try {
        const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
        return (await Body?.transformToString('utf8')) ?? '';
      } catch (error) {
        throw (error as Error).name === 'NoSuchKey' ? unknown(Key) : error;
      }
    },
    async remove(Key) {
      await client.send(new DeleteObjectCommand({ Bucket, Key }));
    },
    close: () => client.destroy(),
  };
}

function inFolder(files: FileQuarantine): QuarantineRoom {
  return {
    async list(limit) {
      const keys = (await files.keys()).slice(0, limit);
      return Promise.all(keys.map(async (key) => ({ key, ...(await files.factsOf(key)) })));
    },
    // By its keys alone, so that no other file can be named.
    async read(key) {
      if (!(await files.keys()).includes(key)) throw unknown(key);
      return files.read(key);
    },
    remove: (key) => files.remove(key),
    close() {},
  };
}

function unknown(key: string): AuditBusError {
  return new AuditBusError(
    'quarantine.unknown',
    `There is no ${cleanText(key)} in the quarantine.`,
  );
}
