// Stands in for what finds a deployment: CloudFormation's DescribeStacks and ListStackResources, STS's GetCallerIdentity,
// on loopback.
// DynamoDB is dynalite.ts's, the bus event-bus.ts's.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { closeServer } from './dynalite.ts';

export interface TestAws {
  readonly url: string;
  close(): Promise<void>;
}

export interface TestAwsOptions {
  /** Outputs by stack; a stack that is not named does not exist. */
  readonly stacks: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Physical ids of each stack's queues by their logical ones. */
  readonly queues?: Readonly<Record<string, string>>;
  /** Physical ids of what else each stack has made, by type. */
  readonly others?: Readonly<Record<string, readonly string[]>>;
  /** Of every stack. @default CREATE_COMPLETE */
  readonly status?: string;
  /** Refuses every call with this code. */
  readonly refuse?: string;
}

export const TEST_CALLER = 'arn:aws:sts::123456789012:assumed-role/Operators/mara';

export async function startAws(options: TestAwsOptions): Promise<TestAws> {
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const form = new URLSearchParams(Buffer.concat(parts).toString('utf8'));
    const [status, body] = answer(options, form);
    response.writeHead(status, { 'content-type': 'text/xml' });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => closeServer(server),
  };
}

function answer(
  { stacks, refuse, queues = {}, others = {}, status = 'CREATE_COMPLETE' }: TestAwsOptions,
  form: URLSearchParams,
): [number, string] {
  if (refuse !== undefined) return failed(403, refuse, 'The security token is not valid.');
  if (form.get('Action') === 'GetCallerIdentity') {
    return [
      200,
      `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>${TEST_CALLER}</Arn><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`,
    ];
  }
  if (form.get('Action') === 'ListStackResources') {
    const made = [
      ...Object.entries(queues).map((each) => ['AWS::SQS::Queue', ...each]),
      ...Object.entries(others).flatMap(([type, ids]) => ids.map((id) => [type, 'Made', id])),
    ];
    const members = made.map(
      ([type, id, physicalId]) =>
        `<member><LogicalResourceId>${id}</LogicalResourceId><PhysicalResourceId>${physicalId}</PhysicalResourceId><ResourceType>${type}</ResourceType><ResourceStatus>CREATE_COMPLETE</ResourceStatus><LastUpdatedTimestamp>2026-11-01T00:00:00Z</LastUpdatedTimestamp></member>`,
    );
    return [
      200,
      `<ListStackResourcesResponse><ListStackResourcesResult><StackResourceSummaries>${members.join('')}</StackResourceSummaries></ListStackResourcesResult></ListStackResourcesResponse>`,
    ];
  }
  if (form.get('Action') !== 'DescribeStacks') return failed(400, 'InvalidAction', 'Not here.');
  const name = form.get('StackName') ?? '';
  const outputs = Object.hasOwn(stacks, name) ? stacks[name] : undefined;
  if (outputs === undefined) {
    return failed(400, 'ValidationError', `Stack with id ${name} does not exist`);
  }
  const members = Object.entries(outputs).map(
    ([key, value]) =>
      `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
  );
  return [
    200,
    `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>${name}</StackName><StackStatus>${status}</StackStatus><CreationTime>2026-11-01T00:00:00Z</CreationTime><Outputs>${members.join('')}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`,
  ];
}

function failed(status: number, code: string, message: string): [number, string] {
  return [
    status,
    `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>1</RequestId></ErrorResponse>`,
  ];
}
