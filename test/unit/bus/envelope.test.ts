// The public form of an event: every field and digit of Asana's, whatever they are.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseLossless } from '../../../lib/asana/lossless-json.ts';
import { cutEnvelope, envelope } from '../../../lib/bus/envelope.ts';
import { auditLogDetailSchema } from '../../../lib/contract/bus-event.ts';

const LIVE_FROM = Date.parse('2026-10-01T00:00:00.000Z');
const context = {
  workspaceGid: '12',
  liveFrom: LIVE_FROM,
  publishedAt: Date.parse('2026-10-05T00:00:00.000Z'),
};

function sealed(text: string, redacted: string[] = []) {
  const { entry, deliveredBytes } = envelope(
    parseLossless(text) as Record<string, unknown>,
    redacted,
    context,
  );
  return { ...entry, deliveredBytes, parsed: auditLogDetailSchema.parse(JSON.parse(entry.detail)) };
}

describe('envelope', () => {
  it('is source, type, time and the two halves of the detail', () => {
    const text =
      '{"gid":"1","created_at":"2026-10-02T03:04:05.678Z","event_type":"team_created","new_field":[1,{"x":null}]}';
    const { source, detailType, time, parsed } = sealed(text, ['actor.email']);
    expect([source, detailType, time]).toEqual([
      'asana.audit-log',
      'team_created',
      Date.parse('2026-10-02T03:04:05.678Z'),
    ]);
    expect(parsed).toEqual({
      metadata: {
        schemaVersion: '1',
        workspaceGid: '12',
        origin: 'live',
        publishedAt: '2026-10-05T00:00:00.000Z',
        redacted: ['actor.email'],
      },
      data: JSON.parse(text),
    });
  });

  it.for([
    '9007199254740993',
    '-9223372036854775808',
    '1.0',
    '-0',
    '-0.0',
    '1e400',
    '1E+2',
    '0.1000000000000000055511151231257827',
    '123456789012345678901234567890',
  ])('keeps the digits of %s', (number) => {
    const text = `{"gid":"1","on_behalf_of_user_id":${number},"list":[${number}]}`;
    const { detail } = sealed(text);
    expect(detail).toContain(`"data":${text}`);
  });

  it('gives every JSON text back as it came', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (event) => {
        const text = JSON.stringify({ ...event, gid: '1' });
        expect(sealed(text).detail.endsWith(`"data":${text}}`)).toBe(true);
      }),
    );
  });

  it('keeps keys like __proto__, and lone surrogates as escapes', () => {
    const text = '{"gid":"1","__proto__":{"a":1},"constructor":2,"name":"\\ud800x"}';
    expect(sealed(text).detail).toContain(`"data":${text}`);
  });

  it.for([
    [undefined, true],
    ['', true],
    ['yesterday', true],
    [1_700_000_000, true],
    [null, true],
    ['2026-10-02', true],
    ['2026-10-02T03:04:05Z', false],
    ['2026-10-02T05:04:05.000+02:00', false],
    ['2026-10-02T03:04:05.123456', false],
  ] as const)('created_at %j: missing is %s', ([created_at, missing]) => {
    const { time, parsed } = sealed(JSON.stringify({ gid: '1', created_at }));
    expect(parsed.metadata.createdAtMissing).toBe(missing ? true : undefined);
    expect(time === context.publishedAt).toBe(missing);
    expect(parsed.metadata.origin).toBe('live');
  });

  it('is history before liveFrom and live from it on', () => {
    const originAt = (at: number) =>
      sealed(JSON.stringify({ gid: '1', created_at: new Date(at).toISOString() })).parsed.metadata
        .origin;
    expect([originAt(LIVE_FROM - 1), originAt(LIVE_FROM)]).toEqual(['backfill', 'live']);
  });

  it.for([
    [undefined, 'unknown'],
    ['', 'unknown'],
    [7, 'unknown'],
    ['x'.repeat(128), 'x'.repeat(128)],
    ['x'.repeat(200), 'x'.repeat(128)],
    [`${'x'.repeat(127)}😀`, `${'x'.repeat(127)}\ufffd`],
    ['brand_new_type', 'brand_new_type'],
  ] as const)('event_type %j', ([event_type, expected]) => {
    const { detailType, parsed } = sealed(JSON.stringify({ gid: '1', event_type }));
    expect(detailType).toBe(expected);
    expect(parsed.data.event_type).toBe(event_type);
  });

  it('measures what a target receives, in bytes', () => {
    const { deliveredBytes, detail } = sealed(
      JSON.stringify({ gid: '1', name: '😀'.repeat(1_000) }),
    );
    expect(deliveredBytes).toBeGreaterThan(Buffer.byteLength(detail));
    expect(deliveredBytes).toBeLessThan(Buffer.byteLength(detail) + 1_000);
  });
});

describe('cutEnvelope', () => {
  it('keeps ids and types and says where the rest is, small whatever came', () => {
    const huge = 'x'.repeat(300_000);
    const event = {
      gid: '1',
      created_at: '2026-10-02T03:04:05.678Z',
      event_type: 'team_created',
      actor: { actor_type: 'user', gid: '5', name: huge },
      resource: { resource_type: huge, gid: '6', email: 'a@example.com' },
      details: { huge },
    };
    const { entry } = cutEnvelope(event, [], context, 's3://bucket/key');
    expect(entry.detail.length).toBeLessThan(1_000);
    expect(JSON.parse(entry.detail)).toMatchObject({
      metadata: { quarantine: 's3://bucket/key', origin: 'live' },
      data: {
        gid: '1',
        created_at: '2026-10-02T03:04:05.678Z',
        event_type: 'team_created',
        actor: { actor_type: 'user', gid: '5' },
        resource: { resource_type: 'x'.repeat(256), gid: '6' },
      },
    });
    expect(entry.detail).not.toContain('a@example.com');
  });

  it('is small and well-formed, too, where ids are numbers without end or texts cut in half', () => {
    const digits = '9'.repeat(300_000);
    const event = parseLossless(
      `{"gid":"1","created_at":${digits},"actor":{"gid":${digits}},"resource":{"gid":"${'x'.repeat(255)}😀"}}`,
    ) as Record<string, unknown>;
    const { entry } = cutEnvelope(event, [], context, 'u');
    expect(entry.detail.length).toBeLessThan(1_000);
    const { data } = JSON.parse(entry.detail);
    expect(data).toEqual({ gid: '1', actor: {}, resource: { gid: `${'x'.repeat(255)}\ufffd` } });
  });

  it('bears parties that are no objects', () => {
    const { entry } = cutEnvelope(
      { gid: '1', actor: 'somebody', resource: null },
      [],
      context,
      'u',
    );
    expect(JSON.parse(entry.detail).data).toEqual({ gid: '1' });
  });
});
