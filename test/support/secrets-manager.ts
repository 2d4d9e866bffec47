// Stands in for Secrets Manager's GetSecretValue on loopback. A secret without a value answers as AWS does.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { closeServer } from './dynalite.ts';

export interface SecretsManagerStandIn {
  readonly server: Server;
  readonly url: string;
  /** Values by ARN; what is not here has been made and never been given a value. */
  readonly values: Map<string, string>;
  close(): Promise<void>;
}

export async function startSecretsManager(): Promise<SecretsManagerStandIn> {
  const values = new Map<string, string>();
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { SecretId } = JSON.parse(Buffer.concat(parts).toString('utf8')) as { SecretId: string };
    const SecretString = values.get(SecretId);
    const known = request.headers['x-amz-target'] === 'secretsmanager.GetSecretValue';
    response.writeHead(known && SecretString !== undefined ? 200 : 400, {
      'content-type': 'application/x-amz-json-1.1',
    });
    response.end(
      JSON.stringify(
        known && SecretString !== undefined
          ? { ARN: SecretId, Name: SecretId, VersionId: 'v1', SecretString }
          : {
              __type: known ? 'ResourceNotFoundException' : 'UnknownOperationException',
              message:
                "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT",
            },
      ),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    server,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    values,
    close: () => closeServer(server),
  };
}
