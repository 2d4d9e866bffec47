// An alert as one Slack message, closing summaries where messages cannot be edited, and the storm guard: over a real
// table, with a stand-in for Slack's Web API and a webhook that answers by script.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CLAIM_LEASE_MS, type Claims, DynamoClaims } from '../../../lib/alerts/delivery/claims.ts';
import type { QueueMessage } from '../../../lib/alerts/delivery/notifier-queue.ts';
import { type NotifyDeps, notifyBatch } from '../../../lib/alerts/delivery/notify.ts';
import { DynamoStormGuard } from '../../../lib/alerts/delivery/storm-guard.ts';
import { GRACE_MS } from '../../../lib/alerts/life/rules.ts';
import {
  CLAIM_SECONDS,
  CLOSED_WITHOUT_FEED_MS,
  LONGEST_WINDOW_MS,
} from '../../../lib/alerts/lifetimes.ts';
import { fixedCredential, SlackSink } from '../../../lib/alerts/slack/sink.ts';
import { REPLY_INTERVAL_MS } from '../../../lib/alerts/slack/thread.ts';
import type { Alert, ContextValue } from '../../../lib/contract/alert.ts';
import { silentLog } from '../../../lib/log.ts';
import { testAlert } from '../../support/alerts.ts';
import { alertEvent } from '../../support/bus-events.ts';
import { type Dynalite, startDynalite } from '../../support/dynalite.ts';
import { type ManualClock, manualClock } from '../../support/manual-clock.ts';
import { type SlackStandIn, startSlack } from '../../support/slack.ts';
import { type SlackApiStandIn, startSlackApi } from '../../support/slack-api.ts';

const CHANNEL = 'C0000000001';
const ON_CALL = 'C0000000002';
const DATA = 'C0000000003';
const LIMIT = 3;
/** SQS keeps a dead letter no longer. */
const DEAD_LETTER_MS = 14 * 86_400_000;

let dynalite: Dynalite;
let api: SlackApiStandIn;
let webhook: SlackStandIn;
beforeAll(async () => {
  [dynalite, api, webhook] = await Promise.all([startDynalite(), startSlackApi(), startSlack()]);
});
afterAll(async () => {
  await Promise.all([dynalite.close(), api.close(), webhook.close()]);
});

let tables = 0;
let messages = 0;
let clock: ManualClock;
let claims: Claims;
let storms: DynamoStormGuard;
let deferred: Map<string, number>;
let buried: string[];
let bot: NotifyDeps;
let hook: NotifyDeps;

beforeEach(async () => {
  const tableName = await dynalite.createTable(`one-message-${++tables}`);
  clock = manualClock();
  const table = { client: dynalite.client, tableName, clock };
  claims = new DynamoClaims(table);
  storms = new DynamoStormGuard({ ...table, sink: 'slack', newAlertsPerMinute: LIMIT });
  deferred = new Map();
  buried = [];
  api.messages.length = 0;
  api.calls.length = 0;
  webhook.messages.length = 0;
  const common = {
    claims,
    storms,
    clock,
    log: silentLog,
    random: () => 1,
    queue: {
      async defer({ messageId }: QueueMessage, seconds: number) {
        deferred.set(messageId, seconds);
      },
      async bury(_: QueueMessage, { reason = '' }: Readonly<Record<string, string>>) {
        buried.push(reason);
      },
    },
  };
  const delivery = {
    channel: CHANNEL,
    routes: [
      { severities: ['critical' as const], channel: ON_CALL },
      { detections: ['asana.export.*'], channel: DATA },
    ],
  };
  const options = { clock, timeoutMs: 1_000 };
  const botSink = { ...options, apiUrl: api.url, delivery, credential: fixedCredential(api.token) };
  bot = { ...common, sink: new SlackSink(botSink) };
  hook = {
    ...common,
    sink: new SlackSink({ ...options, credential: fixedCredential(webhook.url) }),
  };
});

type Kind = 'Alert Opened' | 'Alert Updated' | 'Alert Closed';
function message(alert: Alert, detailType: Kind): QueueMessage {
  const body = JSON.stringify(alertEvent(alert, { detailType }));
  return { messageId: `m${++messages}`, receiptHandle: 'r', body };
}
const opened = (alert: Alert) => message(alert, 'Alert Opened');
const updated = (alert: Alert) => message(alert, 'Alert Updated');
const closed = (alert: Alert) => message(alert, 'Alert Closed');
const address = (value: string): ContextValue => ({ field: 'context.client_ip_address', value });

/** One message; true when it is done with. */
async function give(each: QueueMessage, deps: NotifyDeps): Promise<boolean> {
  return (await notifyBatch([each], deps)).batchItemFailures.length === 0;
}
const inThread = () => api.messages.filter(({ threadTs }) => threadTs !== undefined);
const top = () => api.messages.filter(({ threadTs }) => threadTs === undefined);

describe('with a bot token', () => {
  it('an alert is one message, edited in place, and its end is an edit too', async () => {
    const alert = testAlert({ contextSeen: [address('192.0.2.1')] });
    expect(await give(opened(alert), bot)).toBe(true);
    expect(await give(updated({ ...alert, revision: 2, count: 7 }), bot)).toBe(true);
    expect(await give(opened(alert), bot)).toBe(true);
    expect(await give(updated({ ...alert, revision: 2, count: 7 }), bot)).toBe(true);
    expect(api.messages).toHaveLength(1);
    expect(api.messages[0]).toMatchObject({ channel: CHANNEL, edits: 1 });
    expect(api.messages[0]?.blocks).toContain('7 so far');
    expect(await give(closed({ ...alert, revision: 3, count: 9 }), bot)).toBe(true);
    expect(api.messages[0]).toMatchObject({ edits: 2 });
    expect(api.messages[0]?.text).toContain('Over: High severity');
    expect(api.messages[0]?.text).toContain('9 events from');
  });

  it('posts what is newest where an update overtakes the opening, and nothing older over it', async () => {
    const alert = testAlert();
    await give(updated({ ...alert, revision: 2, count: 2 }), bot);
    await give(opened(alert), bot);
    expect(api.calls).toEqual(['chat.postMessage']);
    expect(api.messages[0]?.blocks).toContain('2 so far');
  });

  it('tells new context in the thread, at most once in five minutes, and never twice', async () => {
    const seen = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'].map(address);
    const at = (revision: number) =>
      testAlert({ revision, count: revision, contextSeen: seen.slice(0, revision) });
    await give(opened(at(1)), bot);
    expect(await give(updated(at(2)), bot)).toBe(true);
    expect(inThread().map(({ text }) => text)).toEqual([expect.stringContaining('192.0.2.2')]);
    const [third, fourth] = [updated(at(3)), updated(at(4))];
    clock.advance(60_000);
    expect(await give(third, bot)).toBe(false);
    clock.advance(60_000);
    expect(await give(fourth, bot)).toBe(false);
    expect(deferred.get(fourth.messageId)).toBe((REPLY_INTERVAL_MS - 120_000) / 1_000);
    expect(inThread()).toHaveLength(1);
    expect(top()[0]?.edits).toBe(3);
    clock.advance(REPLY_INTERVAL_MS - 120_000);
    // The older one comes back first, and tells what the newer one had to wait with as well.
    expect(await give(third, bot)).toBe(true);
    expect(await give(fourth, bot)).toBe(true);
    expect(inThread()).toHaveLength(2);
    expect(inThread()[1]?.text).toMatch(/192\.0\.2\.3.*192\.0\.2\.4/);
    expect(inThread().every(({ threadTs }) => threadTs === top()[0]?.ts)).toBe(true);
    expect(top()[0]?.edits).toBe(3);
  });

  it('routes by severity and by detection, the first that fits', async () => {
    await give(opened(testAlert({ alertId: 'a' })), bot);
    await give(opened(testAlert({ alertId: 'b', severity: 'critical' })), bot);
    clock.advance(60_000);
    const detectionId = 'asana.export.organization';
    await give(opened(testAlert({ alertId: 'c', detectionId })), bot);
    await give(opened(testAlert({ alertId: 'd', detectionId, severity: 'critical' })), bot);
    expect(top().map(({ channel }) => channel)).toEqual([CHANNEL, ON_CALL, DATA, ON_CALL]);
  });

  it.each([
    [{ status: 429, retryAfter: '90' }, 90],
    [{ status: 429 }, 30],
    [{ error: 'ratelimited' }, 30],
    [{ error: 'internal_error' }, 15],
    [{ status: 503, body: '<html>' }, 15],
    ['hang', 15],
  ] as const)(
    'tries again after %j, in %i seconds, without a second message',
    async (answer, seconds) => {
      const each = opened(testAlert());
      api.answer(answer);
      expect(await give(each, bot)).toBe(false);
      expect(deferred.get(each.messageId)).toBe(seconds);
      expect(api.calls).toHaveLength(1);
      expect(await give(each, bot)).toBe(true);
      expect(api.messages).toHaveLength(1);
      expect(buried).toEqual([]);
    },
  );

  it('buries what needs a person, by its reason', async () => {
    for (const error of ['channel_not_found', 'not_in_channel', 'missing_scope', 'invalid_auth']) {
      api.answer({ error });
      expect(await give(opened(testAlert({ alertId: error })), bot)).toBe(true);
      clock.advance(60_000);
    }
    expect(buried).toEqual([
      'slack.channel_not_found',
      'slack.not_in_channel',
      'slack.missing_scope',
      'slack.invalid_auth',
    ]);
  });

  it('lets a message rest that somebody removed or that may not be edited', async () => {
    const alert = testAlert();
    await give(opened(alert), bot);
    api.answer({ error: 'edit_window_closed' });
    expect(await give(updated({ ...alert, revision: 2 }), bot)).toBe(true);
    api.messages.length = 0;
    expect(await give(updated({ ...alert, revision: 3 }), bot)).toBe(true);
    const calls = api.calls.length;
    expect(await give(updated({ ...alert, revision: 4 }), bot)).toBe(true);
    expect(api.calls).toHaveLength(calls);
    expect(buried).toEqual([]);
  });

  it('uses a new token from the secret when the old one is refused', async () => {
    const read = async (fresh?: boolean) => (fresh ? api.token : 'xoxb-old');
    const delivery = { channel: CHANNEL, routes: [] };
    const sink = new SlackSink({ credential: { read }, clock, apiUrl: api.url, delivery });
    expect(await give(opened(testAlert()), { ...bot, sink })).toBe(true);
    expect(api.messages).toHaveLength(1);
    expect(buried).toEqual([]);
  });

  it('says what to do while a bot has no channel, or the token is no bot token', async () => {
    for (const [secret, words] of [
      ['xoxb-1', 'delivery.slack.channel'],
      ['xoxp-1', 'not a bot token'],
    ] as const) {
      const sink = new SlackSink({ credential: { read: async () => secret }, clock });
      const prepared = await sink.prepare();
      expect(prepared).toMatchObject({ ready: false, todo: expect.stringContaining(words) });
    }
  });

  it('posts twice only when it died between posting and remembering', async () => {
    for (let step = 1; step <= 4; step++) {
      for (const when of ['before', 'after'] as const) {
        api.messages.length = 0;
        clock.advance(60_000);
        const each = opened(testAlert({ alertId: `crash-${step}-${when}` }));
        let calls = 0;
        const crash = async <T>(call: () => Promise<T>): Promise<T> => {
          calls += 1;
          // The dead do nothing more.
          if (calls > step || (calls === step && when === 'before')) throw new Error('crash');
          const result = await call();
          if (calls === step && when === 'after') throw new Error('crash');
          return result;
        };
        const dying: NotifyDeps = {
          ...bot,
          claims: {
            claim: (key) => crash(() => claims.claim(key)),
            confirm: (...args) => crash(() => claims.confirm(...args)),
            release: (...args) => crash(() => claims.release(...args)),
            read: (key) => claims.read(key),
          },
          storms: {
            admit: (...args) => crash(() => storms.admit(...args)),
            completeAt: (minute) => storms.completeAt(minute),
            rollUp: (...args) => storms.rollUp(...args),
            claimKey: (...args) => storms.claimKey(...args),
          },
          sink: {
            name: 'slack',
            prepare: () => bot.sink.prepare(),
            destination: (alert) => bot.sink.destination(alert),
            deliver: (...args) => crash(() => bot.sink.deliver(...args)),
            deliverRollUp: (rollUp) => bot.sink.deliverRollUp(rollUp),
          },
        };
        await give(each, dying);
        clock.advance(CLAIM_LEASE_MS);
        expect(await give(each, bot)).toBe(true);
        // Calls are claim, admit, deliver, release: after the third and before the fourth nobody knows.
        const unknown = (step === 3 && when === 'after') || (step === 4 && when === 'before');
        expect([step, when, api.messages.length]).toEqual([step, when, unknown ? 2 : 1]);
      }
    }
  });

  it('keeps two copies of the notifier from posting an alert twice', async () => {
    const alert = testAlert();
    const both = [opened(alert), updated({ ...alert, revision: 2, count: 2 })];
    const waiting = new Set(both);
    for (let round = 0; waiting.size > 0 && round < 20; round++) {
      const given = [...waiting];
      const done = await Promise.all(given.map((each) => give(each, bot)));
      for (const [index, each] of given.entries()) if (done[index]) waiting.delete(each);
    }
    expect(api.messages).toHaveLength(1);
    expect(api.messages[0]?.blocks).toContain('2 so far');
  });
});

describe('with a webhook', () => {
  it('sends the first message and one closing summary, never an update', async () => {
    const alert = testAlert();
    const end = { ...alert, revision: 4, count: 12, contextSeen: [address('192.0.2.9')] };
    await give(opened(alert), hook);
    await give(updated({ ...alert, revision: 2, count: 5 }), hook);
    await give(closed(end), hook);
    await give(closed(end), hook);
    expect(webhook.messages).toHaveLength(2);
    const [, summary] = webhook.messages;
    expect(summary?.['text']).toContain('Over: High severity');
    expect(JSON.stringify(summary)).toContain('12 events from');
    expect(JSON.stringify(summary)).toContain('192.0.2.9');
  });

  it('closes after the first message, however long that takes', async () => {
    const alert = testAlert();
    const [first, last] = [opened(alert), closed({ ...alert, revision: 2, count: 3 })];
    webhook.answer({ status: 500 });
    expect(await give(first, hook)).toBe(false);
    expect(await give(last, hook)).toBe(false);
    expect(await give(first, hook)).toBe(true);
    expect(await give(last, hook)).toBe(true);
    expect(webhook.messages.map((each) => String(each['text']).startsWith('Over'))).toEqual([
      false,
      true,
    ]);
    const refused = { ...alert, alertId: 'refused' };
    webhook.answer({ status: 404 });
    expect(await give(opened(refused), hook)).toBe(true);
    expect(await give(closed({ ...refused, revision: 2, count: 3 }), hook)).toBe(true);
    expect(webhook.messages).toHaveLength(3);
  });

  it('closes, too, after a first message that was put off before it was tried', async () => {
    const [one, two] = [testAlert({ alertId: 'one' }), testAlert({ alertId: 'two' })];
    const [first, end] = [opened(two), closed({ ...two, revision: 2, count: 3 })];
    webhook.answer({ status: 429, retryAfter: '7200' });
    const { batchItemFailures } = await notifyBatch([opened(one), first], hook);
    expect(batchItemFailures).toHaveLength(2);
    expect(await give(end, hook)).toBe(false);
    const amiss = new SlackSink({ credential: { read: async () => 'https:/' }, clock });
    const late = testAlert({ alertId: 'late' });
    expect(await give(opened(late), { ...hook, sink: amiss })).toBe(false);
    expect(await give(closed({ ...late, revision: 2, count: 3 }), hook)).toBe(false);
    expect(webhook.messages).toEqual([]);
    expect([await give(first, hook), await give(end, hook)]).toEqual([true, true]);
    expect(webhook.messages.map((each) => String(each['text']).startsWith('Over'))).toEqual([
      false,
      true,
    ]);
  });

  it('tells the end of the longest alert there may be, closed without a feed and then late in a queue', async () => {
    const alert = testAlert();
    await give(opened(alert), hook);
    clock.advance(LONGEST_WINDOW_MS + GRACE_MS + CLOSED_WITHOUT_FEED_MS + DEAD_LETTER_MS);
    expect(await give(closed({ ...alert, revision: 2, count: 3 }), hook)).toBe(true);
    expect(String(webhook.messages[1]?.['text'])).toContain('Over: High severity');
    // And an end comes to one who was told of the beginning, not to one who has forgotten it.
    const old = testAlert({ alertId: 'old' });
    await give(opened(old), hook);
    clock.advance(CLAIM_SECONDS * 1_000);
    await give(closed({ ...old, revision: 2, count: 3 }), hook);
    expect(webhook.messages).toHaveLength(3);
  });

  it('says nothing of the end of an alert that was rolled up', async () => {
    for (let index = 0; index <= LIMIT; index++) {
      await give(opened(testAlert({ alertId: `s${index}` })), hook);
    }
    clock.advance(90_000);
    const end = closed(testAlert({ alertId: `s${LIMIT}`, revision: 2, count: 9 }));
    expect(await give(end, hook)).toBe(true);
    expect(webhook.messages).toHaveLength(LIMIT);
  });

  it('closes nothing that it has not told before, and nothing below its least severity', async () => {
    const alert = testAlert({ count: 3 });
    await give(closed({ ...alert, revision: 2 }), hook);
    const deps = { ...hook, minimumSeverity: 'critical' as const };
    await give(opened(alert), deps);
    await give(closed({ ...alert, revision: 2 }), deps);
    expect(webhook.messages).toEqual([]);
    await give(opened({ ...alert, alertId: 'x', severity: 'critical' }), deps);
    expect(webhook.messages).toHaveLength(1);
  });
});

describe('the storm guard', () => {
  const storm = (count: number) =>
    Array.from({ length: count }, (_, index) =>
      opened(
        testAlert({
          alertId: `storm-${index}`,
          ...(index % 2 === 0 ? {} : { detectionId: 'asana.app.new', title: 'New app' }),
        }),
      ),
    );

  /** As SQS brings what is not done, over so many copies of the notifier. */
  async function settle(all: readonly QueueMessage[], deps: NotifyDeps, copies: number) {
    let waiting = [...all];
    for (let round = 0; waiting.length > 0; round++) {
      if (round > 30) throw new Error('It does not come to an end.');
      const failed = new Set<string>();
      const parts = Array.from({ length: copies }, (_, copy) =>
        waiting.filter((_each, index) => index % copies === copy),
      );
      await Promise.all(
        parts.map(async (part) => {
          for (const each of part) if (!(await give(each, deps))) failed.add(each.messageId);
        }),
      );
      waiting = waiting.filter(({ messageId }) => failed.has(messageId));
      clock.advance(20_000);
    }
  }

  it.each([
    ['a bot', () => bot, () => top().map(({ text, blocks }) => text + blocks)],
    ['a webhook', () => hook, () => webhook.messages.map((each) => JSON.stringify(each))],
  ] as const)(
    '%s: the limit one by one, the rest as one message by detection',
    async (_, deps, sent) => {
      await settle(storm(20), deps(), 4);
      const all = sent();
      const rollUps = all.filter((text) => text.includes('more new alerts'));
      expect(all).toHaveLength(LIMIT + 1);
      expect(rollUps).toHaveLength(1);
      expect(rollUps[0]).toContain(`${20 - LIMIT} more new alerts`);
      const counts = [...(rollUps[0] ?? '').matchAll(/(\d+) × /g)].map(([, count]) =>
        Number(count),
      );
      expect(counts).toHaveLength(2);
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(20 - LIMIT);
    },
  );

  it('says nothing more of an alert that it rolled up', async () => {
    const all = storm(LIMIT + 1);
    await settle(all, bot, 1);
    const sent = api.messages.length;
    const last = testAlert({ alertId: `storm-${LIMIT}`, revision: 2, count: 5 });
    expect(await give(updated(last), bot)).toBe(true);
    expect(api.messages).toHaveLength(sent);
    expect(top().every(({ edits }) => edits === 0)).toBe(true);
  });

  it('begins anew with each minute', async () => {
    const all = storm(LIMIT * 2);
    for (const each of all.slice(0, LIMIT)) await give(each, hook);
    clock.advance(60_000);
    for (const each of all.slice(LIMIT)) await give(each, hook);
    expect(webhook.messages).toHaveLength(LIMIT * 2);
  });

  it('does not count an alert again whose sending failed', async () => {
    const each = opened(testAlert());
    webhook.answer({ status: 500 }, { status: 500 }, { status: 500 }, { status: 500 });
    for (let round = 0; round < 4; round++) expect(await give(each, hook)).toBe(false);
    expect(await give(each, hook)).toBe(true);
    expect(JSON.stringify(webhook.messages)).not.toContain('more new alert');
  });

  it('sends the roll-up by another when the one that was at it died, and after Slack was away', async () => {
    const all = storm(LIMIT + 3);
    for (const each of all) await give(each, hook);
    clock.advance(90_000);
    const carrier = all.at(-1) as QueueMessage;
    const dying: NotifyDeps = {
      ...hook,
      claims: {
        claim: (key) => claims.claim(key),
        read: (key) => claims.read(key),
        release: (...args) => claims.release(...args),
        confirm: async () => {
          throw new Error('crash');
        },
      },
    };
    webhook.answer({ status: 500 });
    expect(await give(carrier, hook)).toBe(false);
    expect(await give(carrier, dying)).toBe(false);
    clock.advance(CLAIM_LEASE_MS);
    await settle(all.slice(LIMIT), hook, 1);
    const rollUps = webhook.messages.filter((each) =>
      String(each['text']).includes('more new alerts'),
    );
    // One whose confirmation was lost, and one that was confirmed.
    expect(rollUps).toHaveLength(2);
    expect(rollUps.every((each) => String(each['text']).startsWith('3 more'))).toBe(true);
  });
});
