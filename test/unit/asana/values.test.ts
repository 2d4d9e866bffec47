// The small readers: Retry-After, the fields of an event the feed relies on, the addresses that may be Asana's.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { baseUrlProblem } from '../../../lib/asana/base-url.ts';
import { createdAtOf, gidOf } from '../../../lib/asana/event.ts';
import { parseLossless } from '../../../lib/asana/lossless-json.ts';
import { parsePage } from '../../../lib/asana/page.ts';
import { parseRetryAfter } from '../../../lib/retry-after.ts';

const NOW = Date.parse('2026-10-05T12:00:00.000Z');

describe('parseRetryAfter', () => {
  it.for([
    ['30', 30_000],
    [' 30 ', 30_000],
    ['0', 0],
    ['1.5', 1_500],
    [['7', '9'], 7_000],
    ['Mon, 05 Oct 2026 12:01:00 GMT', 60_000],
    ['Monday, 05-Oct-26 12:01:00 GMT', 60_000],
    ['Mon, 05 Oct 2026 11:00:00 GMT', 0],
    ['7200', 7_200_000],
    ['99999999999999999999999', 86_400_000],
    ['', undefined],
    [undefined, undefined],
    ['soon', undefined],
    ['-5', undefined],
    ['5 s', undefined],
    ['Mon, 99 Foo 2026', undefined],
    ['NaN', undefined],
    ['Infinity', undefined],
  ] as const)('%j', ([header, wait]) => {
    expect(parseRetryAfter(header as string | string[] | undefined, NOW)).toBe(wait);
  });
});

describe('the fields of an event', () => {
  it('a gid is a text, or a number by its digits; nothing else, and nothing endless', () => {
    const gid = (json: string) =>
      gidOf(parseLossless(`{"gid":${json}}`) as Record<string, unknown>);
    expect(gid('"1"')).toBe('1');
    expect(gid('12')).toBe('12');
    expect(gid('1209000000000000123')).toBe('1209000000000000123');
    for (const none of [
      '""',
      'null',
      '{}',
      '[1]',
      'true',
      `"${'9'.repeat(257)}"`,
      '9'.repeat(257),
    ]) {
      expect(gid(none)).toBeUndefined();
    }
  });

  it('created_at is an instant of ISO 8601', () => {
    const at = (created_at: unknown) => createdAtOf({ created_at });
    expect(at('2026-10-05T12:00:00.000Z')).toBe(NOW);
    expect(at('2026-10-05T12:00:00.000999Z')).toBe(NOW);
    expect(at('2026-10-05T14:00:00+02:00')).toBe(NOW);
    expect(at('2026-10-05T12:00:00')).toBe(NOW);
    expect(at('2026-10-05 12:00:00.0')).toBe(NOW);
    expect(at('2026-10-05 14:00+02:00')).toBe(NOW);
    expect(at('2026-10-05 12:00:00.000 UTC')).toBe(NOW);
    expect(at('2028-02-29T12:00:00+0200')).toBe(Date.UTC(2028, 1, 29, 10));
    for (const none of [
      '2026-10-05',
      '5 Oct 2026',
      '2026-10-05  12:00:00',
      '2026-10-05 12:00:00 CET',
      '2026-02-29 12:00:00',
      '2026-13-05T12:00:00Z',
      '2026-02-29T12:00:00Z',
      '2026-09-31T12:00:00Z',
      '1969-12-31T23:59:59Z',
      NOW,
      null,
    ]) {
      expect(at(none)).toBeUndefined();
    }
  });
});

describe('parsePage', () => {
  it.for([
    ['<html>', 'asana.not-json'],
    ['{"data":[{"gid":"1"', 'asana.not-json'],
    ['[]', 'asana.malformed-response'],
    ['null', 'asana.malformed-response'],
    ['{"next_page":null}', 'asana.malformed-response'],
    ['{"data":{}}', 'asana.malformed-response'],
    ['{"data":[],"next_page":{}}', 'asana.malformed-response'],
    ['{"data":[],"next_page":{"offset":""}}', 'asana.malformed-response'],
    ['{"data":[],"next_page":{"offset":7}}', 'asana.malformed-response'],
    ['{"data":[],"next_page":"x"}', 'asana.malformed-response'],
    [`{"data":[],"next_page":{"offset":"${'x'.repeat(8_193)}"}}`, 'asana.malformed-response'],
  ] as const)('%s', ([text, code]) => {
    expect(() => parsePage(text)).toThrow(expect.objectContaining({ code, retryable: false }));
    try {
      parsePage(text);
    } catch (error) {
      expect(String((error as Error).message)).not.toContain('gid');
      expect((error as Error).cause).toBeUndefined();
    }
  });

  it('takes entries of any kind, and a way on or none', () => {
    expect(
      parsePage('{"data":[1,null,{"gid":"1"}],"next_page":{"offset":"o","uri":"http://evil"}}'),
    ).toEqual({
      entries: [1, null, { gid: '1' }],
      nextOffset: 'o',
    });
    expect(parsePage('{"data":[]}').nextOffset).toBeNull();
  });
});

describe('baseUrlProblem', () => {
  it.for([
    ['https://app.asana.com/api/1.0', true],
    ['http://localhost:8080/api/1.0', true],
    ['http://127.0.0.1:1', true],
    ['http://127.9.9.9', true],
    ['http://[::1]:9/x', true],
    ['http://app.asana.com', false],
    ['http://127.0.0.1.evil.example', false],
    ['http://localhost.evil.example', false],
    ['ftp://localhost', false],
    ['https://user:pass@app.asana.com', false],
    ['https://app.asana.com?x=1', false],
    ['app.asana.com', false],
  ] as const)('%s', ([url, fine]) => {
    expect(baseUrlProblem(url) === undefined).toBe(fine);
  });
});

describe('createdAtOf, of events of one day after another', () => {
  const digits = (most: number, length: number) =>
    fc.integer({ min: 0, max: most }).map((value) => String(value).padStart(length, '0'));
  const time = fc
    .tuple(
      digits(32, 2),
      digits(26, 2),
      digits(62, 2),
      digits(62, 2),
      digits(999, 3),
      fc.constantFrom('Z', 'z', '', '+01:00'),
    )
    .map(
      ([day, hour, minute, second, ms, zone]) =>
        `2026-10-${day}T${hour}:${minute}:${second}.${ms}${zone}`,
    );

  it('is what Date says, whatever was read before', () => {
    fc.assert(
      fc.property(time, (created_at) => {
        createdAtOf({ created_at: `${created_at.slice(0, 11)}00:00:00.000Z` });
        const instant = Date.parse(
          /\d$/.test(created_at) && !created_at.includes('+') ? `${created_at}Z` : created_at,
        );
        expect(createdAtOf({ created_at })).toBe(Number.isNaN(instant) ? undefined : instant);
      }),
      { numRuns: 500 },
    );
  });
});
