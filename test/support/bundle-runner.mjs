// Loads a Lambda bundle from its file, in a Node of its own, and calls its handler once, as Lambda would.
// argv: the bundle, the event as JSON. Prints the answer, or the error, as the last line of stdout.
import { pathToFileURL } from 'node:url';

const [, , bundle, event] = process.argv;
const started = performance.now();
const timeout = 30_000;
const context = {
  awsRequestId: '00000000-0000-0000-0000-000000000000',
  functionName: 'bundle',
  functionVersion: '$LATEST',
  invokedFunctionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:bundle',
  memoryLimitInMB: '512',
  logGroupName: 'bundle',
  logStreamName: 'bundle',
  callbackWaitsForEmptyEventLoop: true,
  getRemainingTimeInMillis: () => timeout - (performance.now() - started),
};

let outcome;
try {
  const { handler } = await import(pathToFileURL(bundle).href);
  outcome = { answer: await handler(JSON.parse(event), context) };
} catch (error) {
  outcome = { error: { name: error.name, code: error.code, message: error.message } };
}
process.stdout.write(`\n${JSON.stringify(outcome)}\n`, () => process.exit());
