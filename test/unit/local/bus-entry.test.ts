import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  entryBytes,
  judgeEntry,
  oneLine,
  type RequestEntry,
  requestProblem,
} from '../../../lib/local/bus-entry.ts';

const good: RequestEntry = { Source: 's', DetailType: 't', Detail: '{}' };
const now = Date.parse('2026-11-23T10:00:00.999Z');

function take(entry: RequestEntry) {
  const verdict = judgeEntry(entry, now, () => '00000000-0000-4000-8000-000000000000');
  if (!verdict.accepted) throw new Error(verdict.code);
  return verdict.event;
}
function refusal(entry: RequestEntry): string {
  const verdict = judgeEntry(entry, now);
  return verdict.accepted ? 'accepted' : verdict.code;
}

describe('an entry EventBridge takes', () => {
  test('gets the frame a rule target receives, in order and on one line', () => {
    expect(take({ ...good, Time: 1_700_000_000.789, Resources: ['r'] }).text).toBe(
      '{"version":"0","id":"00000000-0000-4000-8000-000000000000","detail-type":"t","source":"s",' +
        '"account":"000000000000","time":"2023-11-14T22:13:20Z","region":"us-east-1","resources":["r"],"detail":{}}',
    );
  });

  test('has whole seconds in its time, given or not', () => {
    expect(take(good).event.time).toBe('2026-11-23T10:00:00Z');
    expect(take({ ...good, Time: -0.5 }).event.time).toBe('1969-12-31T23:59:59Z');
  });

  test('keeps its detail character by character: digits, key order, duplicate keys', () => {
    const detail = '{"b":12345678901234567890,"a":1.0,"e":1e400,"b":-0}';
    const event = take({ ...good, Detail: detail });
    expect(event.detailText).toBe(detail);
    expect(event.text).toContain(`"detail":${detail}}`);
  });

  test('is one line for every reader, and means the same', () => {
    fc.assert(
      fc.property(fc.object(), fc.string({ unit: 'binary' }), (object, name) => {
        const value = { ...object, name: `${name}\u2028\u0085\r\n` };
        const { text } = take({ ...good, Detail: JSON.stringify(value, null, 2) });
        expect(text).not.toMatch(/[\r\n\u0085\u2028\u2029]/);
        expect(JSON.parse(text).detail).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
    expect(oneLine('{"a":\r\n"\u2029"}')).toBe('{"a":  "\\u2029"}');
  });
});

describe('an entry EventBridge refuses', () => {
  test.each([
    [{ ...good, Source: '' }, 'InvalidArgument'],
    [{ DetailType: 't', Detail: '{}' }, 'InvalidArgument'],
    [{ Source: 's', Detail: '{}' }, 'InvalidArgument'],
    [{ Source: 's', DetailType: 't' }, 'InvalidArgument'],
    [{ ...good, DetailType: 'x'.repeat(129) }, 'InvalidArgument'],
    [{ ...good, DetailType: 'x'.repeat(128) }, 'accepted'],
    [{ ...good, Time: 'soon' }, 'InvalidArgument'],
    [{ ...good, Time: 1e300 }, 'InvalidArgument'],
    [{ ...good, Source: 'aws.s3' }, 'NotAuthorizedForSourceException'],
    [{ ...good, Detail: '[]' }, 'MalformedDetail'],
    [{ ...good, Detail: '"text"' }, 'MalformedDetail'],
    [{ ...good, Detail: '12345678901234567890' }, 'MalformedDetail'],
    [{ ...good, Detail: 'null' }, 'MalformedDetail'],
    [{ ...good, Detail: '{"a":' }, 'MalformedDetail'],
  ])('%j: %s', (entry, code) => {
    expect(refusal(entry)).toBe(code);
  });
});

describe('a request as a whole', () => {
  test('holds 1 to 10 entries', () => {
    expect(requestProblem([])).toMatch(/greater than or equal to 1/);
    expect(requestProblem(Array(10).fill(good))).toBeUndefined();
    expect(requestProblem(Array(11).fill(good))).toMatch(/less than or equal to 10/);
  });

  test('counts bytes as EventBridge does and stops above one mebibyte', () => {
    expect(
      entryBytes({ Source: 'ä', DetailType: 'tt', Detail: '{}', Time: 1, Resources: ['rr'] }),
    ).toBe(2 + 2 + 2 + 14 + 2);
    const detail = (bytes: number) => ({ ...good, Detail: 'x'.repeat(bytes) });
    expect(requestProblem([detail(1_048_574)])).toBeUndefined();
    expect(requestProblem([detail(1_048_575)])).toMatch(/over the limit/);
    expect(requestProblem([detail(600_000), detail(600_000)])).toMatch(/over the limit/);
  });
});
