// Which pages take the plain and fast way through lossless-json.ts. What that way gives is tested beside it.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mayLoseDigits } from '../../../lib/asana/lossless-json.ts';

test('an ordinary event takes the plain way: times, addresses and versions are no numbers', () => {
  const event = {
    gid: '1208575735614490',
    created_at: '2026-10-18T04:42:40.072Z',
    context: {
      client_ip_address: '2001:db8::4f',
      user_agent: 'Asana/8.41.0 (build:8410002; iOS 26.1.0; rv:109.0) Chrome/142.0.0.0',
      on_behalf_of_user_id: 120854972569154,
    },
    details: { list: [0, 1, -1, 999_999_999_999_999], old_value: null },
  };
  expect(mayLoseDigits(JSON.stringify({ data: [event, event] }))).toBe(false);
});

test('every number that a double writes differently is seen, wherever it stands', () => {
  const space = fc.constantFrom('', ' ', '\n', '\r\n\t ');
  const digits = fc.oneof(
    fc.bigInt().map(String),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    fc.constantFrom('-0', '-0.0', '1.0', '1e3', '1E+400', '-2.50e-7', '9007199254740993'),
  );
  const place = fc.constantFrom(
    (number: string) => `{"a":${number}}`,
    (number: string) => `{"a":${number},"b":1}`,
    (number: string) => `{"a":[${number}]}`,
    (number: string) => `{"a":[1,${number},2]}`,
  );
  fc.assert(
    fc.property(space, digits, space, place, (before, number, after, at) => {
      const text = at(before + number + after);
      const kept = JSON.stringify(JSON.parse(text)) === text.replaceAll(/\s/g, '');
      expect(kept || mayLoseDigits(text)).toBe(true);
    }),
  );
});
