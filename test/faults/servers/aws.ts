// Stands in for S3's PutObject, SNS's Publish and what notifiers ask of SQS, on one loopback port. Keeps what it took.
import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { closeServer } from '../../support/dynalite.ts';

export interface TopicMessage {
  readonly subject: string;
  readonly message: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface DeadLetter {
  readonly queueUrl: string;
  readonly body: string;
  readonly reason: string;
}

export interface AwsStandIn {
  readonly server: Server;
  readonly url: string;
  /** Objects of S3 by `/bucket/key`. */
  readonly objects: Map<string, string>;
  readonly published: TopicMessage[];
  readonly dead: DeadLetter[];
  /** What ChangeMessageVisibility does. */
  onDefer: (receipt: string, seconds: number) => void;
  close(): Promise<void>;
}

export async function startAws(): Promise<AwsStandIn> {
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request);
    const target = request.headers['x-amz-target'];
    if (typeof target === 'string') sqs(target, JSON.parse(body), response);
    else if (request.method === 'PUT') {
      standIn.objects.set(decodeURIComponent((request.url ?? '').replace(/\?.*/, '')), body);
      response.writeHead(200, { etag: '"stand-in"' }).end();
    } else sns(new URLSearchParams(body), response);
  });

  function sqs(target: string, given: Record<string, unknown>, response: ServerResponse): void {
    let answer = {};
    if (target.endsWith('ChangeMessageVisibility')) {
      standIn.onDefer(String(given['ReceiptHandle']), Number(given['VisibilityTimeout']));
    } else {
      const text = String(given['MessageBody']);
      const attributes = given['MessageAttributes'] as Record<string, { StringValue: string }>;
      const reason = attributes?.['reason']?.StringValue ?? '';
      standIn.dead.push({ queueUrl: String(given['QueueUrl']), body: text, reason });
      const MD5OfMessageBody = createHash('md5').update(text).digest('hex');
      answer = { MessageId: randomUUID(), MD5OfMessageBody };
    }
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(JSON.stringify(answer));
  }

  function sns(given: URLSearchParams, response: ServerResponse): void {
    const attributes: Record<string, string> = {};
    for (let index = 1; given.has(`MessageAttributes.entry.${index}.Name`); index++) {
      const name = given.get(`MessageAttributes.entry.${index}.Name`) ?? '';
      attributes[name] = given.get(`MessageAttributes.entry.${index}.Value.StringValue`) ?? '';
    }
    standIn.published.push({
      subject: given.get('Subject') ?? '',
      message: given.get('Message') ?? '',
      attributes,
    });
    response.writeHead(200, { 'content-type': 'text/xml' });
    response.end(
      `<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>${randomUUID()}</MessageId></PublishResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></PublishResponse>`,
    );
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const standIn: AwsStandIn = {
    server,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    objects: new Map(),
    published: [],
    dead: [],
    onDefer: () => {},
    close: () => closeServer(server),
  };
  return standIn;
}

/** SNS refuses in XML. */
export function snsError(status: number, code: string) {
  return {
    status,
    headers: { 'content-type': 'text/xml' },
    body: `<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>${status < 500 ? 'Sender' : 'Receiver'}</Type><Code>${code}</Code><Message>injected</Message></Error><RequestId>1</RequestId></ErrorResponse>`,
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}
