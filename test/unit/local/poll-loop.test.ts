import { describe, expect, test } from 'vitest';
import { AsanaError } from '../../../lib/asana/errors.ts';
import { AuditBusError } from '../../../lib/errors.ts';
import { PATIENCE_MS, PollLoop } from '../../../lib/local/poll-loop.ts';
import type { RunBudget } from '../../../lib/poller/budget.ts';
import type { RunSummary } from '../../../lib/poller/summary.ts';
import { manualClock } from '../../support/manual-clock.ts';

const clean: RunSummary = {
  workspaceGid: '1',
  outcome: 'caught-up',
  fetched: 0,
  published: 0,
  duplicates: 0,
  quarantined: 0,
  pages: 1,
  largestPage: 0,
  publishRetries: 0,
  unknownTypes: 0,
  offsetResets: 0,
  possibleGaps: 0,
  unreadablePages: 0,
  credentialRejections: 0,
  durationMs: 0,
};
const failing = (failure: AuditBusError): Partial<RunSummary> => ({ outcome: 'failed', failure });

/** A loop over these summaries, each taking `tookMs`; the last one is given for ever. */
function loopOver(
  summaries: readonly Partial<RunSummary>[],
  options: { once: boolean; tookMs?: number; stopAfter?: number },
) {
  const clock = manualClock();
  const stop = new AbortController();
  const budgets: RunBudget[] = [];
  const told: string[] = [];
  const loop = new PollLoop({
    poller: {
      run: async (_gid, budget) => {
        budgets.push(budget);
        clock.advance(options.tookMs ?? 10);
        if (budgets.length === options.stopAfter) stop.abort();
        return { ...clean, ...(summaries[budgets.length - 1] ?? summaries.at(-1)) };
      },
    },
    workspaceGid: '1',
    once: options.once,
    intervalSeconds: 5,
    clock,
    signal: stop.signal,
    onTrouble: (failure) => told.push(failure?.code ?? 'well again'),
    onIdle: () => told.push('idle'),
  });
  return { loop, clock, budgets, told };
}

describe('once', () => {
  test('ends when caught up, with the figures of all polls together', async () => {
    const { loop } = loopOver(
      [
        { outcome: 'out-of-time', fetched: 5, published: 4, duplicates: 1, pages: 2 },
        { fetched: 1, published: 1 },
      ],
      { once: true },
    );
    expect(await loop.run()).toEqual({ end: 'caught-up' });
    expect(loop.totals).toEqual({
      fetched: 6,
      published: 5,
      duplicates: 1,
      quarantined: 0,
      pages: 3,
      polls: 2,
    });
  });

  test('gives up at once on what Asana refuses, and on what it could not say within the poll', async () => {
    for (const code of ['asana.forbidden', 'asana.timeout'] as const) {
      const error = new AsanaError(code, 'words', { retryable: code === 'asana.timeout' });
      const { loop, budgets } = loopOver([failing(error)], { once: true });
      expect(await loop.run()).toEqual({ end: 'failed', code, message: 'words' });
      expect(budgets).toHaveLength(1);
    }
  });

  test('gets over a passing failure of its own parts, but not for ever', async () => {
    const lost = failing(new AuditBusError('lease.lost', 'words', { retryable: true }));
    expect(await loopOver([lost, lost, {}], { once: true }).loop.run()).toEqual({
      end: 'caught-up',
    });
    const { loop, budgets } = loopOver([lost], { once: true });
    expect(await loop.run()).toMatchObject({ end: 'failed', code: 'lease.lost' });
    expect(budgets).toHaveLength(4);
    const puttingAside = loopOver([{ ...lost, quarantined: 7 }], { once: true });
    expect(await puttingAside.loop.run()).toMatchObject({ end: 'failed', code: 'lease.lost' });
  });

  test('waits as long as Asana asks, within reason', async () => {
    const soon = new Date(manualClock().now() + 30_000).toISOString();
    const { loop, clock } = loopOver([{ outcome: 'waiting', notBefore: soon }, {}], { once: true });
    expect(await loop.run()).toEqual({ end: 'caught-up' });
    expect(clock.now()).toBeGreaterThan(Date.parse(soon));
    const late = new Date(manualClock().now() + 3_600_000).toISOString();
    const patience = loopOver([{ outcome: 'waiting', notBefore: late }], { once: true });
    expect(await patience.loop.run()).toMatchObject({ end: 'failed', code: 'poll.waiting' });
    expect(patience.clock.slept).toEqual([]);
  });

  test.each([
    ['pages that bring nothing new', { outcome: 'out-of-time', duplicates: 9 }],
    ['being told to wait without a time', { outcome: 'waiting' }],
    ['a lease that somebody holds', { outcome: 'held' }],
  ] as const)('%s do not keep it for ever', async (_what, summary) => {
    const { loop, clock } = loopOver([summary], { once: true, tookMs: 20_000 });
    const begun = clock.now();
    expect(await loop.run()).toMatchObject({ end: 'failed', code: `poll.${summary.outcome}` });
    expect(clock.now() - begun).toBeLessThan(PATIENCE_MS + 40_000);
  });

  test('something new now and then does keep it', async () => {
    const summaries = [...Array(30).fill({ outcome: 'out-of-time', published: 1 }), {}];
    const { loop } = loopOver(summaries, { once: true, tookMs: 20_000 });
    expect(await loop.run()).toEqual({ end: 'caught-up' });
  });
});

describe('until told to stop', () => {
  test('polls at the interval, counted from the start of the last poll', async () => {
    const { loop, clock } = loopOver([{}], { once: false, tookMs: 1_200, stopAfter: 3 });
    expect(await loop.run()).toEqual({ end: 'stopped' });
    expect(clock.slept).toEqual([3_800, 3_800]);
  });

  test('goes on at once while more is waiting', async () => {
    const { loop, clock } = loopOver([{ outcome: 'out-of-time' }], { once: false, stopAfter: 3 });
    await loop.run();
    expect(clock.slept).toEqual([0, 0]);
  });

  test('ends on a refusal, and outlasts everything else', async () => {
    const down = failing(new AsanaError('asana.server-error', 'words', { retryable: true }));
    const refused = failing(new AsanaError('asana.unauthorized', 'words'));
    const { loop, told } = loopOver([down, down, { outcome: 'waiting' }, {}, {}, refused], {
      once: false,
    });
    expect(await loop.run()).toMatchObject({ end: 'failed', code: 'asana.unauthorized' });
    expect(told).toEqual([
      'asana.server-error',
      'asana.server-error',
      'asana.rate-limited',
      'well again',
      'idle',
    ]);
  });

  test('says once that it is idle, after each stretch of events', async () => {
    const news = { published: 1 };
    const { loop, told } = loopOver([{}, {}, news, {}, {}, news], { once: false, stopAfter: 6 });
    await loop.run();
    expect(told).toEqual(['idle', 'idle']);
  });

  test('holds a lease of 30 s and renews it', async () => {
    const { loop, budgets } = loopOver([{}], { once: true });
    await loop.run();
    expect(budgets[0]).toMatchObject({ leaseMs: 30_000, renewLeaseMs: 10_000 });
  });
});
