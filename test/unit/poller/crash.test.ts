// The poller dies at any step, any number of times, with whatever is under way done or not done: nothing is lost, and what
// comes twice is whole events, no more of them than one page and what may be in flight.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DyingWorld, type LoggedEvent } from './dying-world.ts';

const BEGIN = Date.parse('2026-10-01T00:00:00.000Z');

function event(index: number, at: number): LoggedEvent {
  return {
    gid: `gid-${index}`,
    created_at: new Date(BEGIN + at).toISOString(),
    event_type: 'user_login_failed',
  };
}

const chooser = (seed: number) => {
  let state = seed;
  return (n: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return n === 0 ? 0 : Math.floor((state / 2 ** 32) * n);
  };
};

function verdictOf(world: DyingWorld) {
  const sent = world.bus.filter(({ Source }) => Source === 'asana.audit-log');
  const details = sent.map(({ Detail }) => JSON.parse(Detail ?? '') as { data: LoggedEvent });
  const byGid = Map.groupBy(details, ({ data }) => data.gid);
  return { byGid, doubled: details.length - byGid.size };
}

/** Every logged event is on the bus, as it was logged, each time it is there. */
function expectAllWhole(world: DyingWorld): void {
  const { byGid } = verdictOf(world);
  for (const logged of world.log) {
    const copies = byGid.get(logged.gid) ?? [];
    expect(copies.length).toBeGreaterThan(0);
    for (const { data } of copies) expect(data).toEqual(logged);
  }
  expect(byGid.size).toBe(world.log.length);
}

const seeds = fc.integer({ min: 1, max: 2 ** 31 });

describe('a poller that dies', () => {
  it('loses nothing, doubles at most a page and what is in flight, at each death', async () => {
    const deaths = fc.array(
      fc.record({ steps: fc.nat(90), more: fc.nat(40), late: fc.boolean() }),
      {
        maxLength: 4,
      },
    );
    await fc.assert(
      fc.asyncProperty(
        seeds,
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 3 }),
        fc.nat(100),
        deaths,
        async (seed, pageSize, concurrency, count, lives) => {
          const world = new DyingWorld(pageSize, chooser(seed), concurrency);
          world.writesLast = seed % 2 === 0;
          const append = (more: number, late: boolean) => {
            for (let each = 0; each < more; each++) {
              const index = world.log.length;
              world.log.push(event(index, late ? 50 - each : 100 + index * 7));
            }
          };
          append(count, false);
          for (const { steps, more, late } of lives) {
            await world.run(steps);
            append(more, late);
          }
          const last = await world.run(Number.POSITIVE_INFINITY);
          expect(last?.outcome).toBe('caught-up');
          expectAllWhole(world);
          const bound = lives.length * (pageSize + 10 * concurrency);
          expect(verdictOf(world).doubled).toBeLessThanOrEqual(bound);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('loses nothing when the offset has expired each time it comes back', async () => {
    await fc.assert(
      fc.asyncProperty(
        seeds,
        fc.integer({ min: 2, max: 25 }),
        fc.integer({ min: 1, max: 3 }),
        fc.array(fc.record({ steps: fc.nat(50), more: fc.nat(60) }), {
          minLength: 1,
          maxLength: 4,
        }),
        async (seed, pageSize, concurrency, lives) => {
          const world = new DyingWorld(pageSize, chooser(seed), concurrency);
          world.writesLast = seed % 2 === 0;
          for (const { steps, more } of lives) {
            for (let each = 0; each < more; each++) {
              world.log.push(event(world.log.length, world.log.length * 7));
            }
            await world.run(steps);
            world.generation++;
          }
          const last = await world.run(Number.POSITIVE_INFINITY);
          expect(last?.outcome).toBe('caught-up');
          expectAllWhole(world);
          const bound = lives.length * (pageSize + 10 * concurrency);
          expect(verdictOf(world).doubled).toBeLessThanOrEqual(bound);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('doubles hardly more than half of a page that is larger than what is in flight', async () => {
    const pageSize = 400;
    const inFlight = 30;
    for (let steps = 3; steps < 60; steps++) {
      const world = new DyingWorld(pageSize, () => 0, 3);
      for (let index = 0; index < pageSize; index++) world.log.push(event(index, index));
      await world.run(steps);
      await world.run(Number.POSITIVE_INFINITY);
      expectAllWhole(world);
      expect(verdictOf(world).doubled).toBeLessThanOrEqual(pageSize / 2 + 2 * inFlight);
    }
  });

  it('keeps to its bound though its memory holds less than two pages of late events', async () => {
    const pageSize = 400;
    for (let steps = 95; steps < 135; steps += 4) {
      const world = new DyingWorld(pageSize, () => 0, 3);
      world.writesLast = true;
      for (let index = 0; index < 1_200; index++) world.log.push(event(index, 1e6 + index));
      await world.run(Number.POSITIVE_INFINITY);
      for (let index = 1_200; index < 2_400; index++) world.log.push(event(index, index));
      await world.run(steps, () => false);
      await world.run(Number.POSITIVE_INFINITY);
      expectAllWhole(world);
      expect(verdictOf(world).doubled).toBeLessThanOrEqual(pageSize + 30);
    }
  });
});
