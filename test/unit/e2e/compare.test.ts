import { describe, expect, test } from 'vitest';
import { countMismatches, differences } from '../../e2e/support/compare.ts';
import { EventMaker, type HeldEvent } from '../../e2e/support/events.ts';

const FRAME = { workspaceGid: '1200000000000001', origin: 'live' } as const;
const [LOGIN, , , , BIG] = new EventMaker().dailyLife(6, 0, 60_000) as [
  HeldEvent,
  HeldEvent,
  HeldEvent,
  HeldEvent,
  HeldEvent,
];

/** What a queue gives for the event, written here and not by the product. */
function delivered(event: HeldEvent, redacted = ''): string {
  return `{"version":"0","id":"0198c9f0-0000-4000-8000-000000000000","source":"asana.audit-log",
    "account":"000000000000","time":"2026-11-23T09:00:00Z","region":"eu-central-1","resources":[],
    "detail-type":"${event.eventType}","detail":{"metadata":{"schemaVersion":"1","origin":"live",
    "workspaceGid":"${FRAME.workspaceGid}"${redacted},"publishedAt":"2026-11-23T09:00:00.123Z"},
    "data":${event.line.replace(/<samlp.*?Response>/, '[redacted]')}}}`;
}
const REDACTED = ',"redacted":["details.saml_response"]';

describe('the comparison of the end-to-end test', () => {
  test('takes what is equal, whatever the order of its keys', () => {
    expect(differences(LOGIN, delivered(LOGIN, REDACTED), FRAME)).toEqual([]);
    expect(differences(BIG, delivered(BIG), FRAME)).toEqual([]);
  });

  test.each([
    [
      'another last digit',
      (body: string) => body.replace('9007199254740993123', '9007199254740993124'),
    ],
    ['a number as a double has it', (body: string) => body.replace('993123', '993000')],
    ['a number as text', (body: string) => body.replace('0.25', '"0.25"')],
    ['null left out', (body: string) => body.replace(',"no":null', '')],
    ['a field more', (body: string) => body.replace('"data":{', '"data":{"more":1,')],
    ['an inner field lost', (body: string) => body.replace('[1,[2,[3]]]', '[1,[2]]')],
    ['another source', (body: string) => body.replace('"asana.audit-log"', '"asana"')],
    ['another origin', (body: string) => body.replace('"live"', '"backfill"')],
    ['no publishedAt', (body: string) => body.replace(/,"publishedAt":"[^"]+"/, '')],
    ['a time with milliseconds', (body: string) => body.replace('09:00:00Z', '09:00:00.000Z')],
    ['nothing at all', () => '{}'],
  ])('finds %s', (_what, change) => {
    const body = delivered(BIG);
    expect(change(body)).not.toBe(body);
    expect(differences(BIG, change(body), FRAME)).not.toEqual([]);
  });

  test('finds an assertion that was not redacted, and a redaction that is not announced', () => {
    expect(differences(LOGIN, delivered(LOGIN), FRAME)).not.toEqual([]);
    const open = delivered(LOGIN, REDACTED).replace('[redacted]', '<samlp:Response>');
    expect(differences(LOGIN, open, FRAME)).not.toEqual([]);
  });

  test('counts what is lost, what is doubled and what nobody knows', () => {
    const strangers = { ...BIG, gid: '7', line: BIG.line.replace(BIG.gid, '7') };
    expect(countMismatches([LOGIN, BIG], [delivered(LOGIN), delivered(BIG)])).toEqual({});
    expect(
      countMismatches([LOGIN, BIG], [delivered(BIG), delivered(BIG), delivered(strangers)]),
    ).toEqual({ [LOGIN.gid]: 0, [BIG.gid]: 2, 7: 1 });
  });

  test('is given events of every kind, all apart, in the order of their creation', () => {
    const events = new EventMaker().dailyLife(1200, 0, 60_000);
    expect(new Set(events.map(({ gid }) => gid)).size).toBe(1200);
    expect(new Set(events.map(({ eventType }) => eventType)).size).toBe(9);
    const instants = events.map(({ createdAt }) => createdAt);
    expect(instants).toEqual(instants.toSorted());
  });
});
