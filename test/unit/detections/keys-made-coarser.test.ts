// What keys are made of: networks out of addresses, kinds of programs out of user agents, briefs out of events.
import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AuditLogEvent } from '../../../lib/contract/bus-event.ts';
import { briefOf } from '../../../lib/detections/engines/brief.ts';
import {
  addressOf,
  isAddressIn,
  isNetworkListed,
  networkOf,
} from '../../../lib/detections/reading/networks.ts';
import { clientOf, isScripted } from '../../../lib/detections/reading/user-agents.ts';

describe('networks', () => {
  it.each([
    ['203.0.113.9', '203.0.113.0/24'],
    [' 255.255.255.255 ', '255.255.255.0/24'],
    ['::ffff:203.0.113.9', '203.0.113.0/24'],
    ['::ffff:cb00:7109', '203.0.113.0/24'],
    ['2001:DB8:004a::1', '2001:db8:4a::/48'],
    ['2001:db8:4a:1:2:3:4:5', '2001:db8:4a::/48'],
    ['::1', '0:0:0::/48'],
    ['2001:db8::198.51.100.7', '2001:db8:0::/48'],
    ['256.1.1.1', undefined],
    ['1.2.3', undefined],
    ['1.2.3.4.', undefined],
    ['2001:db8', undefined],
    ['1::2::3', undefined],
    ['fe80::1%eth0', undefined],
    ['', undefined],
    ['example.com', undefined],
    ['1'.repeat(10_000), undefined],
  ])('%s is in %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });

  it('knows what is an address and what is none', () => {
    const text = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.string(),
      fc.stringMatching(/^[0-9a-f:.]{0,40}$/),
    );
    fc.assert(
      fc.property(text, (address) => {
        expect(networkOf(address) !== undefined).toBe(isIP(address.trim()) !== 0);
      }),
      { numRuns: 2_000 },
    );
  });

  it('are listed as networks or by any address', () => {
    expect(isNetworkListed('203.0.113.9', ['10.0.0.1', ' 203.0.113.0/24'])).toBe(true);
    expect(isNetworkListed('203.0.113.9', ['203.0.113.77'])).toBe(true);
    expect(isNetworkListed('203.0.113.9', ['203.0.112.0/24', 'office', ''])).toBe(false);
    expect(isNetworkListed('none', ['none'])).toBe(false);
    expect(isNetworkListed('203.0.113.9', ['203.0.0.0/16'])).toBe(true);
    expect(isNetworkListed('2001:db8:4b::1', ['2001:db8::/32'])).toBe(true);
    expect(isNetworkListed('203.1.113.9', ['203.0.0.0/16'])).toBe(false);
  });
});

describe('addresses', () => {
  it.each([
    ['203.0.113.9', '203.0.113.9'],
    [' ::FFFF:203.0.113.9 ', '203.0.113.9'],
    ['::ffff:cb00:7109', '203.0.113.9'],
    ['2001:0DB8:0:0:0:0:0:0001', '2001:db8::1'],
    ['2001:db8::198.51.100.7', '2001:db8::c633:6407'],
    ['::1', '::1'],
    ['203.0.113.9:443', undefined],
    ['fe80::1%eth0', undefined],
    ['', undefined],
  ])('%s is %s', (text, address) => {
    expect(addressOf(text)).toBe(address);
  });

  it('are the same text however they are written, and none that is not the same host', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), fc.oneof(fc.ipV4(), fc.ipV6()), (one, two) => {
        const address = addressOf(one) ?? '';
        expect(addressOf(address)).toBe(address);
        expect(addressOf(one.toUpperCase())).toBe(address);
        expect(isAddressIn(one, [address])).toBe(true);
        expect(isAddressIn(one, [two])).toBe(addressOf(two) === address);
      }),
    );
  });

  it.each([
    ['::ffff:192.0.2.77', ['192.0.2.0/24'], true],
    ['192.0.2.77', [' 192.0.2.77/32 '], true],
    ['2001:DB8::7', ['2001:db8::7/128'], true],
    ['2001:db8:0:1::7', ['2001:db8::/64'], false],
    ['192.0.2.77', ['office', '', '192.0.2.0/33'], false],
    ['', [''], false],
  ])('%s in %j: %j', (text, ranges, isIn) => {
    expect(isAddressIn(text, ranges)).toBe(isIn);
  });
});

describe('user agents', () => {
  it.each([
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36',
      'chrome on windows',
    ],
    [
      'Mozilla/5.0 (Windows NT 10.0) AppleWebKit Chrome/140.0 Safari/537.36 Edg/140.0',
      'edge on windows',
    ],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.5 Safari/605.1.15',
      'safari on macos',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) CriOS/140.0 Safari/604.1',
      'chrome on ios',
    ],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0', 'firefox on linux'],
    ['Mozilla/5.0 (X11; Linux) HeadlessChrome/140.0 Safari/537.36', 'headless browser on linux'],
    ['AsanaDesktop/2.4.0 Chrome/138 Electron/37 (Macintosh)', 'asana desktop on macos'],
    ['Asana/9.12.1 (iPhone; iOS 18.5; Scale/3.00)', 'asana mobile on ios'],
    ['python-requests/2.32.4', 'python'],
    ['MyTool/7 (custom)', 'mytool'],
    ['  ', undefined],
  ])('%s is %s', (text, client) => {
    expect(clientOf(text)).toBe(client);
  });

  it('tell scripts from browsers, and are short whatever they hold', () => {
    expect(isScripted('curl/8.14.1')).toBe(true);
    expect(isScripted('Mozilla/5.0 (X11; Linux) HeadlessChrome/140.0')).toBe(true);
    expect(isScripted('Mozilla/5.0 (X11; Linux) Chrome/140.0')).toBe(false);
    fc.assert(
      fc.property(fc.string({ maxLength: 3_000 }), (text) => {
        const client = clientOf(text);
        expect(client === undefined).toBe(text.slice(0, 1_000).trim() === '');
        expect(client?.length ?? 0).toBeLessThan(80);
      }),
    );
  });
});

describe('briefs', () => {
  it('keep what an alert says, and leave documents out', () => {
    const event = {
      gid: '1',
      event_type: 'user_login_succeeded',
      created_at: '2026-10-05T09:00:00.000Z',
      actor: { actor_type: 'user', gid: 7, name: 'B'.repeat(500), email: null },
      resource: { gid: '8', deep: { deeper: { deepest: 1 }, name: 'x' } },
      details: { method: ['SAML', { odd: 1 }], saml_response: 'A'.repeat(5_000), flag: false },
      context: 'web',
    } as unknown as AuditLogEvent;
    expect(briefOf(event)).toEqual({
      event_type: 'user_login_succeeded',
      created_at: '2026-10-05T09:00:00.000Z',
      actor: { actor_type: 'user', gid: '7', name: 'B'.repeat(200), email: null },
      resource: { gid: '8', deep: { name: 'x' } },
      details: { method: ['SAML'], flag: false },
    });
  });

  it('end in no half a character', () => {
    const name = `${'B'.repeat(199)}😀`;
    expect(briefOf({ actor: { name } } as AuditLogEvent)).toEqual({
      actor: { name: `${'B'.repeat(199)}\ufffd` },
    });
  });

  it('are small whatever the event holds', () => {
    fc.assert(
      fc.property(fc.anything(), fc.object({ maxKeys: 300 }), (one, other) => {
        const event = { event_type: one, actor: one, details: other, resource: [one] };
        const size = JSON.stringify(briefOf(event as unknown as AuditLogEvent)).length;
        expect(size).toBeLessThan(40_000);
      }),
    );
  });
});
