// The window between sending and remembering: the oldest page goes whole, later ones as far as there is room.
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PageTurn, SendWindow } from '../../../lib/poller/send-window.ts';

/** Takes chunks one after another, as a publisher does, and counts what left. */
function sending(turn: PageTurn, chunks: readonly number[]) {
  const page = { turn, sent: 0, done: Promise.resolve() };
  page.done = (async () => {
    for (const entries of chunks) {
      await turn.take(entries);
      page.sent += entries;
    }
  })();
  return page;
}

const tens = (count: number) => Array.from({ length: count }, () => 10);

describe('SendWindow', () => {
  it('lets the oldest page go whole, and of later ones only so much', async () => {
    const window = new SendWindow(30);
    const first = sending(window.begin(), tens(20));
    const second = sending(window.begin(), tens(5));
    await nextTurn();
    expect([first.sent, second.sent]).toEqual([200, 30]);
    first.turn.remembered();
    await second.done;
    expect(second.sent).toBe(50);
  });

  it('counts all later pages together, and serves the older of them first', async () => {
    const window = new SendWindow(30);
    const first = sending(window.begin(), tens(1));
    const second = sending(window.begin(), tens(4));
    await nextTurn();
    const third = sending(window.begin(), tens(9));
    await nextTurn();
    expect([second.sent, third.sent]).toEqual([30, 0]);
    first.turn.remembered();
    await nextTurn();
    expect([second.sent, third.sent]).toEqual([40, 30]);
    second.turn.remembered();
    await third.done;
  });

  it('lets later pages go on by what is remembered of the oldest', async () => {
    const window = new SendWindow(30);
    const first = sending(window.begin(), tens(10));
    const second = sending(window.begin(), tens(20));
    await nextTurn();
    first.turn.partRemembered(50);
    await nextTurn();
    expect(second.sent).toBe(80);
    first.turn.remembered();
    await second.done;
  });

  it('lets none behind the next page go on by it: that one is the oldest before long', async () => {
    const window = new SendWindow(30);
    const first = sending(window.begin(), tens(10));
    const second = window.begin();
    await second.take(10);
    const third = sending(window.begin(), tens(20));
    await nextTurn();
    first.turn.partRemembered(50);
    await nextTurn();
    expect(third.sent).toBe(30);
    first.turn.remembered();
    second.partRemembered(10);
    await nextTurn();
    expect(third.sent).toBe(40);
  });

  it('holds nobody once it is lifted', async () => {
    const window = new SendWindow(10);
    window.begin();
    const second = sending(window.begin(), tens(9));
    window.lift();
    await second.done;
  });

  it('never has more sent and not remembered than a page and its room, and nobody waits for ever', async () => {
    const pages = fc.array(fc.array(fc.integer({ min: 1, max: 10 }), { maxLength: 12 }), {
      minLength: 1,
      maxLength: 8,
    });
    const property = fc.asyncProperty(
      pages,
      fc.integer({ min: 10, max: 40 }),
      fc.boolean(),
      async (chunksOfPages, room, inHalves) => {
        const window = new SendWindow(room);
        const open = chunksOfPages.map((chunks) => sending(window.begin(), chunks));
        for (const [remembered, page] of open.entries()) {
          const sentAhead = async () => {
            await nextTurn();
            return open.slice(remembered + 1).reduce((sum, { sent }) => sum + sent, 0);
          };
          expect(await sentAhead()).toBeLessThanOrEqual(room);
          await page.done;
          const half = inHalves ? Math.ceil(page.sent / 2) : 0;
          page.turn.partRemembered(half);
          expect(await sentAhead()).toBeLessThanOrEqual(room + half);
          page.turn.remembered();
        }
      },
    );
    await fc.assert(property);
  });
});
