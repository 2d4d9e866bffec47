// The quarantine against a real S3 API.
import { CreateBucketCommand, GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { S3Quarantine } from '../../../lib/bus/s3-quarantine.ts';
import { TEST_CREDENTIALS } from '../../support/dynalite.ts';

let server: FauxqsServer;
let client: S3Client;

beforeAll(async () => {
  server = await startFauxqs({ port: 0, logger: false, defaultRegion: 'eu-west-1' });
  client = new S3Client({
    endpoint: server.address,
    region: 'eu-west-1',
    credentials: TEST_CREDENTIALS,
    forcePathStyle: true,
  });
  await client.send(new CreateBucketCommand({ Bucket: 'bucket' }));
});
afterAll(async () => {
  client.destroy();
  await server.stop();
});

it('keeps the text as it is, says where, and overwrites', async () => {
  const quarantine = new S3Quarantine(client, 'bucket');
  const key = 'quarantine/1/2026-10-05/2.json';
  const body = '{"n":1.0,"s":"é😀\\ud800"}';
  await quarantine.put(key, 'former');
  expect(await quarantine.put(key, body)).toBe(`s3://bucket/${key}`);
  const { Body, ContentType } = await client.send(
    new GetObjectCommand({ Bucket: 'bucket', Key: key }),
  );
  expect([await Body?.transformToString(), ContentType]).toEqual([body, 'application/json']);
});

it('fails where there is no bucket, rather than say it was kept', async () => {
  await expect(
    new S3Quarantine(client, 'nowhere').put('quarantine/1/x.json', '{}'),
  ).rejects.toThrow();
});
