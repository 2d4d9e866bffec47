// The SDK clients of the test itself, fixed on the emulator whatever the environment says.
// A call by hand to a function goes without an SDK client, which the project has no other use for.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { CREDENTIALS, REGION } from './environment.ts';

export interface Clients {
  readonly dynamodb: DynamoDBClient;
  readonly eventBridge: EventBridgeClient;
  readonly s3: S3Client;
  readonly secrets: SecretsManagerClient;
  readonly sns: SNSClient;
  readonly sqs: SQSClient;
  destroy(): void;
}

export function createClients(endpoint: string): Clients {
  const options = { endpoint, region: REGION, credentials: CREDENTIALS };
  const clients = {
    dynamodb: new DynamoDBClient(options),
    eventBridge: new EventBridgeClient(options),
    s3: new S3Client({ ...options, forcePathStyle: true }),
    secrets: new SecretsManagerClient(options),
    sns: new SNSClient(options),
    sqs: new SQSClient(options),
  };
  return {
    ...clients,
    destroy() {
      for (const client of Object.values(clients)) client.destroy();
    },
  };
}

/** Lambda's Invoke. @returns what the function returned */
export async function invokeFunction(
  endpoint: string,
  name: string,
  input: unknown,
): Promise<unknown> {
  const response = await fetch(`${endpoint}/2015-03-31/functions/${name}/invocations`, {
    method: 'POST',
    headers: signedFor('lambda'),
    body: JSON.stringify(input),
  });
  return response.json();
}

/** CloudFormation's record of all it did to a stack: XML, one `<EventId>` a step. */
export async function stackEventIds(endpoint: string, stackName: string): Promise<string[]> {
  const query = { Action: 'DescribeStackEvents', Version: '2010-05-15', StackName: stackName };
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      ...signedFor('cloudformation'),
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams(query).toString(),
  });
  const xml = await response.text();
  return [...xml.matchAll(/<EventId>([^<]+)<\/EventId>/g)].map(([, id = '']) => id);
}

/** MiniStack reads service and region out of this and checks no signature. */
function signedFor(service: string): Record<string, string> {
  const scope = `${CREDENTIALS.accessKeyId}/20260101/${REGION}/${service}/aws4_request`;
  const signature = `SignedHeaders=host, Signature=${'0'.repeat(64)}`;
  return { authorization: `AWS4-HMAC-SHA256 Credential=${scope}, ${signature}` };
}
