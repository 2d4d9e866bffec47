// The servers of one process, started once: each seed has its own workspace, tables and simulated Asana among them.
// Every server stands behind a gate that the seed's plan decides about.
import { DeleteTableCommand } from '@aws-sdk/client-dynamodb';
import { startDynalite } from '../support/dynalite.ts';
import { type PutEntry, type PutScript, startEventBus } from '../support/event-bus.ts';
import { startSecretsManager } from '../support/secrets-manager.ts';
import { startSlack } from '../support/slack.ts';
import { startSlackApi } from '../support/slack-api.ts';
import { type Addresses, SLACK_SECRET, TOKEN, TOKEN_SECRET } from './functions.ts';
import { startAws } from './servers/aws.ts';
import { actionOf, type Gate, guard, openGate } from './servers/gate.ts';

/** What becomes of one PutEvents request; the gate has let it through. */
export type PutPlan = (entries: readonly PutEntry[]) => PutScript;

export interface Bench {
  readonly addresses: Addresses;
  readonly gate: Gate;
  readonly bus: { readonly entries: PutEntry[]; plan: PutPlan };
  readonly slack: Awaited<ReturnType<typeof startSlack>>;
  readonly slackApi: Awaited<ReturnType<typeof startSlackApi>>;
  readonly aws: Awaited<ReturnType<typeof startAws>>;
  readonly secrets: ReadonlyMap<string, string>;
  readonly dynamodb: Awaited<ReturnType<typeof startDynalite>>['client'];
  /** As a webhook takes messages, or as a bot edits them. */
  slackBy(kind: 'webhook' | 'bot'): void;
  /** Opens the gate and forgets what the servers hold, the tables aside. */
  reset(): void;
  createTables(name: string): Promise<{ checkpointTable: string; stateTable: string }>;
  dropTables(name: string): Promise<void>;
  close(): Promise<void>;
}

export async function startBench(): Promise<Bench> {
  const bus: { entries: PutEntry[]; plan: PutPlan } = { entries: [], plan: () => undefined };
  const gate = openGate();
  const [dynamo, eventBus, slack, slackApi, aws, secrets] = await Promise.all([
    startDynalite(),
    startEventBus({ onPut: (entries) => bus.plan(entries) }),
    startSlack(),
    startSlackApi(),
    startAws(),
    startSecretsManager(),
  ]);
  bus.entries = eventBus.entries;
  guard(dynamo.server, 'dynamodb', gate, actionOf);
  guard(eventBus.server, 'bus', gate, actionOf);
  guard(slack.server, 'slack', gate, () => 'webhook');
  guard(slackApi.server, 'slack', gate, ({ url = '' }) => url.replace('/api/', ''));
  guard(aws.server, 'aws', gate, (request) => {
    if (request.headers['x-amz-target'] !== undefined) return actionOf(request);
    return request.method === 'PUT' ? 'PutObject' : 'Publish';
  });
  guard(secrets.server, 'secrets', gate, actionOf);
  secrets.values.set(TOKEN_SECRET, TOKEN);

  const names = (name: string) => ({
    checkpointTable: `checkpoints-${name}`,
    stateTable: `state-${name}`,
  });
  return {
    addresses: {
      bus: eventBus.url,
      dynamodb: dynamo.url,
      aws: aws.url,
      slackApi: slackApi.url,
      secrets: secrets.url,
    },
    gate,
    bus,
    slack,
    slackApi,
    aws,
    secrets: secrets.values,
    dynamodb: dynamo.client,
    slackBy(kind) {
      secrets.values.set(SLACK_SECRET, kind === 'bot' ? slackApi.token : slack.url);
    },
    reset() {
      Object.assign(gate, openGate());
      bus.plan = () => undefined;
      for (const list of [eventBus.entries, eventBus.requests, slack.requests, slack.messages]) {
        list.length = 0;
      }
      for (const list of [slackApi.messages, slackApi.calls, aws.published, aws.dead]) {
        list.length = 0;
      }
      aws.objects.clear();
    },
    async createTables(name) {
      const tables = names(name);
      await Promise.all(Object.values(tables).map((table) => dynamo.createTable(table)));
      return tables;
    },
    async dropTables(name) {
      for (const TableName of Object.values(names(name))) {
        await dynamo.client.send(new DeleteTableCommand({ TableName }));
      }
    },
    async close() {
      await Promise.all([
        dynamo.close(),
        eventBus.close(),
        slack.close(),
        slackApi.close(),
        aws.close(),
        secrets.close(),
      ]);
    },
  };
}
