// What a suppression may hold and what it covers.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeSuppression, type SuppressionInput } from '../../../lib/alerts/suppressions/input.ts';
import { type Facts, suppressor } from '../../../lib/alerts/suppressions/suppression.ts';
import type { Suppression } from '../../../lib/contract/operator.ts';
import type { ConfigurationError } from '../../../lib/errors.ts';

const NOW = Date.parse('2026-11-28T12:00:00Z');
const DAY = 86_400_000;
const IDS = ['asana.policy.saml-weakened', 'asana.export.organization'];
const context = { id: 's-1', by: 'mara', now: NOW, detectionIds: IDS };
const input: SuppressionInput = {
  detection: 'asana.policy.saml-weakened',
  conditions: {},
  reason: 'Planned',
  owner: 'Identity',
  expires: '30d',
};
const made = (changed: Partial<SuppressionInput> = {}) =>
  makeSuppression({ ...input, ...changed }, context);
const problems = (changed: Partial<SuppressionInput>): readonly string[] => {
  try {
    made(changed);
    return [];
  } catch (error) {
    return (error as ConfigurationError).problems;
  }
};

const facts = (event: Facts['event'], changed: Partial<Facts> = {}): Facts => ({
  detectionId: IDS[0] as string,
  workspaceGid: '12',
  event,
  entities: [{ type: 'user', id: '7', label: 'Eve' }],
  ...changed,
});
const from = (address: unknown) => facts({ context: { client_ip_address: address } });
const covered = (conditions: Suppression['conditions'], one: Facts) =>
  suppressor([{ ...made(), conditions }], NOW)(one) === 's-1';

describe('what a suppression may hold', () => {
  it('is made of what was given, with an end', () => {
    expect(
      made({ conditions: { ip: [' 192.0.2.0/24 ', '192.0.2.0/24'], actor: undefined } }),
    ).toEqual({
      id: 's-1',
      detectionId: IDS[0],
      conditions: { ip: ['192.0.2.0/24'] },
      reason: 'Planned',
      owner: 'Identity',
      createdBy: 'mara',
      createdAt: '2026-11-28T12:00:00.000Z',
      expiresAt: '2026-12-28T12:00:00.000Z',
    });
    expect(made({ expires: '2026-12-01T01:00:00+01:00' }).expiresAt).toBe(
      '2026-12-01T00:00:00.000Z',
    );
    expect(made({ expires: '90d' }).expiresAt).toBe('2027-02-26T12:00:00.000Z');
  });

  it('names everything that is wrong at once', () => {
    const nothing = { detection: undefined, reason: ' \n', owner: undefined, expires: undefined };
    expect(problems(nothing).map((one) => one.split(' ')[0])).toEqual([
      '--detection',
      '--reason',
      '--owner',
      '--expires',
    ]);
  });

  it.each<[string, Partial<SuppressionInput>, RegExp]>([
    [
      'a misspelt id',
      { detection: 'asana.policy.saml-weekend' },
      /did you mean asana\.policy\.saml-weakened/,
    ],
    ['no id at all', { detection: 'saml' }, /no such detection.*nearest is asana/],
    ['all of everything', { detection: '*' }, /without a condition/],
    ['a name', { conditions: { actor: ['Eve'] } }, /--actor: given "Eve".*gid/],
    ['an e-mail address', { conditions: { resource: ['eve@example.com'] } }, /--resource/],
    ['an entity without its type', { conditions: { entity: ['77'] } }, /type:id/],
    ['no address', { conditions: { ip: ['192.0.2'] } }, /CIDR/],
    ['a range of nothing', { conditions: { ip: ['192.0.2.0/33'] } }, /CIDR/],
    ['everybody', { conditions: { ip: ['0.0.0.0/0'] } }, /too wide/],
    ['everybody in IPv6', { conditions: { ip: ['::/8'] } }, /too wide/],
    ['more than 90 days', { expires: '91d' }, /more than 90 days/],
    ['an instant more than 90 days ahead', { expires: '2027-03-01' }, /more than 90 days/],
    ['the past', { expires: '2026-11-28' }, /past/],
    ['no time', { expires: 'soon' }, /30d/],
    ['a time without a zone', { expires: '2026-12-01T00:00:00' }, /30d/],
    ['a novel', { reason: 'x'.repeat(501) }, /501 characters/],
  ])('refuses %s', (_what, changed, why) => {
    expect(problems(changed)).toEqual([expect.stringMatching(why)]);
  });
});

describe('what a suppression covers', () => {
  it('is decided by each condition, each by one of its values', () => {
    const event = {
      actor: { gid: 41, name: '42' },
      resource: { gid: '43', resource_type: 'app' },
      context: { client_ip_address: '192.0.2.9' },
      details: {},
    };
    const one = facts(event);
    expect(covered({}, one)).toBe(true);
    expect(covered({ actor: ['1', '41'], resource: ['43'], workspace: ['12'] }, one)).toBe(true);
    expect(covered({ actor: ['42'] }, one)).toBe(false);
    expect(covered({ actor: ['41'], resource: ['44'] }, one)).toBe(false);
    expect(covered({ workspace: ['13'] }, one)).toBe(false);
    expect(covered({ entity: ['user:7'] }, one)).toBe(true);
    expect(covered({ entity: ['app:7'] }, one)).toBe(false);
    expect(covered({ app: ['43'] }, one)).toBe(true);
    expect(covered({ app: ['43'] }, facts({ ...event, details: { app_gid: '9' } }))).toBe(false);
    expect(covered({ app: ['9'] }, facts({ ...event, details: { app_gid: '9' } }))).toBe(true);
    expect(covered({ app: ['Sync'] }, facts({ context: { oauth_app_name: 'Sync' } }))).toBe(false);
    expect(covered({}, facts(event, { detectionId: 'asana.other' }))).toBe(false);
  });

  it.each<[string, unknown, boolean]>([
    ['192.0.2.0/24', '192.0.2.255', true],
    ['192.0.2.0/24', '192.0.3.0', false],
    ['192.0.2.0/24', '::ffff:192.0.2.7', true],
    ['192.0.2.0/24', '::ffff:c000:207', true],
    ['192.0.2.7', '192.0.2.7', true],
    ['192.0.2.7/32', '192.0.2.7', true],
    ['192.0.2.7/32', '192.0.2.8', false],
    ['2001:db8::/48', '2001:0DB8:0:1::5', true],
    ['2001:db8::/48', '2001:db8:1::5', false],
    ['2001:db8::1', '2001:db8:0:0::1', true],
    // The digits of an IPv6 address may begin as those of an IPv4 one do.
    ['32.1.0.0/16', '2001:db8::1', false],
    ['192.0.2.0/24', '', false],
    ['192.0.2.0/24', null, false],
    ['192.0.2.0/24', ['192.0.2.1'], false],
    ['192.0.2.0/24', 'localhost', false],
  ])('the range %s has %s: %s', (range, address, answer) => {
    expect(covered({ ip: [range] }, from(address))).toBe(answer);
  });

  it('an IPv4 range holds just the addresses between its ends', () => {
    const octets = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255));
    fc.assert(
      fc.property(octets, octets, fc.integer({ min: 8, max: 32 }), (base, address, bits) => {
        const number = (parts: readonly number[]) =>
          parts.reduce((sum, part) => sum * 256 + part, 0);
        const size = 2 ** (32 - bits);
        const isIn = Math.floor(number(base) / size) === Math.floor(number(address) / size);
        const range = `${base.join('.')}/${bits}`;
        expect(covered({ ip: [range] }, from(address.join('.')))).toBe(isIn);
      }),
    );
  });

  it('never throws, whatever an event holds, and needs every condition', () => {
    const conditions = { actor: ['1'], ip: ['10.0.0.0/8'], app: ['2'], resource: ['3'] };
    fc.assert(
      fc.property(fc.object({ maxDepth: 3 }), (event) => {
        expect(covered(conditions, facts(event))).toBe(false);
      }),
    );
  });

  it('ends with its expiry; of several the longest lasting one covers', () => {
    const short = { ...made({ expires: '1d' }), id: 's-short' };
    const long = { ...made({ expires: '2d' }), id: 's-long' };
    const by = (now: number) => suppressor([short, long], now)(facts({}));
    expect(by(NOW)).toBe('s-long');
    expect(suppressor([short], NOW + DAY - 1)(facts({}))).toBe('s-short');
    expect(suppressor([short], NOW + DAY)(facts({}))).toBeUndefined();
    expect(by(NOW + 2 * DAY)).toBeUndefined();
  });
});
