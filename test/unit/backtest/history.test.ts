// Histories as people have them: several files, overlapping, out of order, zipped, broken in places.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type HistoryOptions, readHistory } from '../../../lib/backtest/history.ts';
import type { HistoryEvent } from '../../../lib/backtest/history-event.ts';
import { testAlert } from '../../support/alerts.ts';
import { quietEvent } from '../../support/audit-log-events.ts';
import { alertEvent, busEvent } from '../../support/bus-events.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'history-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

let files = 0;
function file(content: string | Buffer): string {
  const path = join(folder, `${files++}.jsonl`);
  writeFileSync(path, content);
  return path;
}
const lines = (values: readonly unknown[]) =>
  values.map((value) => `${JSON.stringify(value)}\n`).join('');

async function read(paths: readonly string[], options: Partial<HistoryOptions> = {}) {
  let events: HistoryEvent[] = [];
  const counts = await readHistory(
    { files: paths, readable: 'again', workspaceGid: '7', ...options },
    () => {
      events = [];
      return (event) => events.push(event);
    },
  );
  return { counts, events, gids: events.map(({ gid }) => gid) };
}

describe('order', () => {
  it('is that of created_at and gid, each event once, whatever the files hold', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 2 })), {
          maxLength: 80,
        }),
        fc.constantFrom('again' as const, 'once' as const),
        fc.integer({ min: 500, max: 20_000 }),
        async (given, readable, sortBytes) => {
          const parts: object[][] = [[], [], []];
          for (const [number, part] of given) parts[part]?.push(quietEvent(number));
          const paths = parts.map((part) => file(lines(part)));
          const { gids, counts } = await read(paths, { readable, sortBytes });
          const unique = [...new Set(given.map(([number]) => quietEvent(number).gid))].sort();
          expect(gids).toEqual(unique);
          expect(counts.duplicates).toBe(given.length - unique.length);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('is found by a sort where a file is far out of it, the newest first say', async () => {
    const events = Array.from({ length: 2_000 }, (_, index) => quietEvent(2_000 - index));
    const { gids, counts } = await read([file(lines(events))], { sortBytes: 50_000 });
    expect(gids).toEqual(events.map(({ gid }) => gid).reverse());
    expect(counts).toMatchObject({ events: 2_000, duplicates: 0, malformed: 0 });
  });

  it('is kept among many files, each in order', async () => {
    const paths = Array.from({ length: 30 }, (_, part) =>
      file(lines(Array.from({ length: 20 }, (_, index) => quietEvent(index * 30 + part)))),
    );
    const { gids } = await read(paths);
    expect(gids).toEqual(Array.from({ length: 600 }, (_, index) => quietEvent(index).gid));
  });
});

describe('forms', () => {
  it('are Asana’s, the bus’s and the local run’s, mixed, and the same event in two of them is one', async () => {
    const one = quietEvent(1);
    const { events, counts } = await read([
      file(
        lines([
          one,
          busEvent(one, { workspaceGid: '99', origin: 'backfill', replayName: 'friday' }),
          { kind: 'event', event: busEvent(quietEvent(2), { workspaceGid: '99' }) },
          { kind: 'alert', alert: {} },
          { kind: 'summary' },
          alertEvent(testAlert()),
        ]),
      ),
    ]);
    expect(events.map(({ event }) => event.detail.metadata)).toMatchObject([
      { workspaceGid: '7', origin: 'live' },
      { workspaceGid: '99', origin: 'live' },
    ]);
    expect(events[0]?.event).not.toHaveProperty('replay-name');
    expect(counts).toMatchObject({ events: 2, duplicates: 1, other: 3, malformed: 0 });
  });

  it('may be zipped, in several members, with a byte order mark, CRLF and blank lines', async () => {
    const [a, b, c] = [quietEvent(1), quietEvent(2), quietEvent(3)].map((event) =>
      JSON.stringify(event),
    );
    const zipped = Buffer.concat([
      gzipSync(`\ufeff${a}\r\n\r\n`),
      gzipSync(`${b}\n`),
      gzipSync(c ?? ''),
    ]);
    const { gids, counts } = await read([file(zipped)]);
    expect(gids).toHaveLength(3);
    expect(counts.malformed).toBe(0);
    expect((await read([file(`\ufeff${a}`)])).gids).toHaveLength(1);
    expect((await read([file('')])).gids).toEqual([]);
  });

  it('keeps the digits of numbers and takes out what the poller takes out', async () => {
    const text = `{"gid":"1","created_at":"2026-10-01T08:00:00.000Z","event_type":"x","details":{"n":12345678901234567890,"saml_response":"PHNhbWw+"}}`;
    const { events } = await read([file(text)]);
    expect(JSON.stringify(events[0]?.event.detail.data.details)).toBe(
      '{"n":12345678901234567890,"saml_response":"[redacted]"}',
    );
  });
});

describe('what is wrong', () => {
  it('is told by file and line, and the rest is read', async () => {
    const bad = [
      '{"gid":',
      '[]',
      '7',
      'null',
      '{}',
      '{"gid":""}',
      '{"detail":{"data":[]}}',
      `{"gid":"${'9'.repeat(300)}"}`,
    ];
    const path = file(
      `${JSON.stringify(quietEvent(1))}\n\n${bad.join('\n')}\n${JSON.stringify(quietEvent(2))}`,
    );
    for (const readable of ['again', 'once'] as const) {
      const { gids, counts } = await read([path], { readable });
      expect(gids).toHaveLength(2);
      expect(counts.malformed).toBe(bad.length);
      expect(counts.malformedLines.map(({ line }) => line)).toEqual(
        bad.map((_, index) => index + 3),
      );
      expect(counts.malformedLines[0]).toEqual({ file: path, line: 3, reason: 'it is not JSON' });
    }
  });

  it('is a file cut off in the middle of its compression', async () => {
    const zipped = gzipSync(lines(Array.from({ length: 50 }, (_, index) => quietEvent(index))));
    await expect(read([file(zipped.subarray(0, zipped.length - 20))])).rejects.toMatchObject({
      code: 'history.invalid',
    });
  });

  it('an event without a readable time counts where it stands', async () => {
    const { events, counts } = await read([
      file(
        lines([
          quietEvent(5),
          { gid: 'odd', created_at: { at: 1 }, event_type: ['x'] },
          quietEvent(6),
        ]),
      ),
    ]);
    const odd = events.find(({ gid }) => gid === 'odd');
    expect(odd?.event['detail-type']).toBe('unknown');
    expect(odd?.event.time).toBe(quietEvent(5)['created_at']);
    expect(counts.untimed).toBe(1);
  });

  it('one before any with a time counts at the first there is, in order, sorted and alone', async () => {
    const odd = { gid: 'odd', event_type: 'user_app_authorized' };
    const first = quietEvent(5)['created_at'];
    for (const rest of [
      [quietEvent(5), quietEvent(6)],
      [quietEvent(900), quietEvent(5)],
    ]) {
      const { events, counts } = await read([file(lines([odd, ...rest]))]);
      expect(events.map(({ gid }) => gid)[0]).toBe('odd');
      expect(events[0]?.event.time).toBe(first);
      expect(events[0]?.at).toBe(Date.parse(String(first)));
      expect(counts).toMatchObject({ events: 3, untimed: 1 });
    }
    const alone = await read([file(lines([odd]))]);
    expect(alone.events.map(({ gid, at }) => [gid, at])).toEqual([['odd', 0]]);
  });
});

it('since and until are the first instant that counts and the first that does not', async () => {
  const path = file(lines([1, 2, 3, 4].map((number) => quietEvent(number))));
  const at = (number: number) => Date.parse(String(quietEvent(number)['created_at']));
  const { gids, counts } = await read([path], { since: at(2), until: at(4) });
  expect(gids).toEqual([quietEvent(2).gid, quietEvent(3).gid]);
  expect(counts.outside).toBe(2);
});
