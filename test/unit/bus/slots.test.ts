// Slots for requests in flight: never more than there are, and the earlier call before the later.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Slots } from '../../../lib/bus/slots.ts';

it('serves the earlier call first, whoever asked first, and never more at once than there are', async () => {
  const slots = new Slots(2);
  const [first, second] = [slots.nextCall(), slots.nextCall()];
  const order: string[] = [];
  const take = async (name: string, call: typeof first) => {
    await call.take();
    order.push(name);
  };
  for (const name of ['b1', 'b2', 'b3']) void take(name, second);
  for (const name of ['a1', 'a2']) void take(name, first);
  await nextTurn();
  expect(order).toEqual(['b1', 'b2']);
  second.give();
  second.give();
  await nextTurn();
  expect(order).toEqual(['b1', 'b2', 'a1', 'a2']);
  first.give();
  await nextTurn();
  expect(order.at(-1)).toBe('b3');
  first.give();
  second.give();
  expect([first.take(), first.take()]).toEqual([undefined, undefined]);
  expect(first.take()).toBeInstanceOf(Promise);
});
