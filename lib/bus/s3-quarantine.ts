// The quarantine in S3. The bucket encrypts by default, takes TLS only and is kept when the stack goes.
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { QuarantineStore } from './quarantine.ts';

export class S3Quarantine implements QuarantineStore {
  readonly #client: S3Client;
  readonly #bucket: string;

  constructor(client: S3Client, bucket: string) {
    this.#client = client;
    this.#bucket = bucket;
  }

  async put(key: string, body: string): Promise<string> {
    await this.#client.send(
      new PutObjectCommand({
        Bucket: this.#bucket,
        Key: key,
        Body: body,
        ContentType: 'application/json',
      }),
    );
    return `s3://${this.#bucket}/${key}`;
  }
}
