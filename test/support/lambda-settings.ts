// Stands in for Lambda's GetFunctionConfiguration on loopback: functions and their environment, nothing else.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { closeServer } from './dynalite.ts';

export interface LambdaSettings {
  readonly url: string;
  /** Environment by function; one that is not here does not exist. */
  readonly functions: Map<string, Readonly<Record<string, string>>>;
  /** What Lambda answers instead. */
  refuse?: { readonly status: number; readonly code: string };
  /** As where the key that the environment is encrypted with may not be used. */
  hidden?: boolean;
  close(): Promise<void>;
}

export async function startLambdaSettings(): Promise<LambdaSettings> {
  const server = createServer((request, response) => {
    const name = /^\/2015-03-31\/functions\/([^/]+)\/configuration$/.exec(request.url ?? '')?.[1];
    const Variables = settings.functions.get(decodeURIComponent(name ?? ''));
    const refused =
      settings.refuse ??
      (Variables === undefined ? { status: 404, code: 'ResourceNotFoundException' } : undefined);
    const Environment = settings.hidden
      ? { Error: { ErrorCode: 'AccessDeniedException', Message: 'The key may not be used.' } }
      : { Variables };
    response.writeHead(refused?.status ?? 200, {
      'content-type': 'application/json',
      ...(refused === undefined ? {} : { 'x-amzn-errortype': refused.code }),
    });
    response.end(JSON.stringify(refused === undefined ? { Environment } : { Message: 'No.' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const settings: LambdaSettings = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    functions: new Map(),
    close: () => closeServer(server),
  };
  return settings;
}
