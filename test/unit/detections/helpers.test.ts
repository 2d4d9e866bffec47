// The small pure functions that conditions and severities are made of, on input that nobody promised.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AuditLogEvent } from '../../../lib/contract/bus-event.ts';
import { isWideRange } from '../../../lib/detections/reading/address-range.ts';
import {
  emailDomain,
  emailsIn,
  isDomainListed,
  isOutsider,
} from '../../../lib/detections/reading/domains.ts';
import { isDurationExtended } from '../../../lib/detections/reading/durations.ts';
import { isNamed, isOwnDoing } from '../../../lib/detections/reading/people.ts';
import { isAdminRole, isNoRole } from '../../../lib/detections/reading/role-names.ts';

describe('domains', () => {
  it.each([
    ['bob@example.com', 'example.com'],
    [' Bob@EXAMPLE.com. ', 'example.com'],
    ['Bob <bob@example.com>', 'example.com'],
    ['"a@b"@example.com', 'example.com'],
    ['bob', undefined],
    ['@example.com', undefined],
    ['bob@', undefined],
    ['', undefined],
    [null, undefined],
    [['bob@example.com'], undefined],
    [42, undefined],
  ])('the domain of %j is %j', (value, domain) => {
    expect(emailDomain(value)).toBe(domain);
  });

  it.each([
    ['a@x.test, b@y.test;c@z.test', ['a@x.test', 'b@y.test', 'c@z.test']],
    [
      ['A <a@x.test>', { email: 'b@y.test' }, null, 7],
      ['a@x.test', 'b@y.test'],
    ],
    [{ email: 'a@x.test' }, ['a@x.test']],
    [{ emails: 'a@x.test' }, []],
    ['nobody', []],
    [undefined, []],
  ])('the addresses in %j are %j', (value, emails) => {
    expect(emailsIn(value)).toEqual(emails);
  });

  it.each([
    ['example.com', ['Example.com'], true],
    ['eu.example.com', ['@example.com'], true],
    ['notexample.com', ['example.com'], false],
    ['example.com', ['.com'], true],
    ['example.com', ['', ' ', '@'], false],
    ['example.com', ['eu.example.com'], false],
  ])('%s in %j: %j', (domain, list, listed) => {
    expect(isDomainListed(domain, list)).toBe(listed);
  });

  it('without a list takes the domain of the actor, and no public mail provider for a company', () => {
    const by = (email?: string) => ({ actor: email === undefined ? {} : { email } });
    expect(isOutsider('eve@example.net', by('alice@example.com'), [])).toBe(true);
    expect(isOutsider('bob@Example.com', by('alice@example.com'), [])).toBe(false);
    expect(isOutsider('eve@gmail.com', by('guest@gmail.com'), [])).toBe(true);
    expect(isOutsider('eve@example.net', by(), [])).toBe(false);
    expect(isOutsider('eve@example.net', by(), ['example.com'])).toBe(true);
    expect(isOutsider('alice@example.com', by('alice@example.com'), ['example.net'])).toBe(true);
  });

  it('are quick on hostile text', () => {
    const hostile = `${'a@'.repeat(200_000)}<${' '.repeat(200_000)}`;
    expect(emailsIn(hostile).length).toBeLessThanOrEqual(100);
    expect(isOutsider(hostile, { actor: { email: hostile } }, ['example.com'])).toBeTypeOf(
      'boolean',
    );
  });
});

describe('people', () => {
  it.each([
    [{ actor: { gid: '1' }, resource: { gid: '1' } }, true],
    [{ actor: { gid: 1 }, resource: { gid: '1' } }, true],
    [{ actor: { gid: '1' }, resource: { gid: '2' } }, false],
    [{ actor: { gid: '1', email: 'A@x.test' }, resource: { email: 'a@x.test' } }, true],
    [{ actor: { name: 'Al' }, resource: { name: 'Al' } }, undefined],
    [{}, undefined],
  ])('%j is by the person concerned: %j', (event, own) => {
    expect(isOwnDoing(event)).toBe(own);
  });

  it('are named by gid or address, never by name, and nobody is named by an empty entry', () => {
    const event = { actor: { gid: '1', email: 'A@x.test', name: 'Al' } };
    expect(isNamed(event, 'actor', ['1'])).toBe(true);
    expect(isNamed(event, 'actor', ['a@X.test '])).toBe(true);
    expect(isNamed(event, 'actor', ['Al', ''])).toBe(false);
    expect(isNamed({ actor: { gid: '' } }, 'actor', [''])).toBe(false);
    expect(isNamed({}, 'resource', ['undefined', ''])).toBe(false);
  });
});

describe('address ranges', () => {
  it.each([
    ['0.0.0.0/0', true],
    ['10.0.0.0/16', true],
    ['10.0.0.0/17', false],
    ['203.0.113.7', false],
    ['::/0', true],
    ['2001:DB8::/32', true],
    ['2001:db8::/33', false],
    ['203.0.113.0/24, 0.0.0.0/1', true],
    [['203.0.113.0/24', '0.0.0.0/1'], true],
    ['0.0.0.0/0x', false],
    [null, false],
    [{ range: '0.0.0.0/0' }, false],
  ])('%j is wide: %j', (value, wide) => {
    expect(isWideRange(value)).toBe(wide);
  });
});

describe('role names', () => {
  it.each([
    ['domain_admin', true, false],
    ['SuperADMIN_2', true, false],
    [['member', 'billing admin'], true, false],
    ['Member', false, true],
    ['limited_access_member', false, true],
    ['auditor', false, false],
    [null, false, true],
    [undefined, false, false],
    [[], false, false],
    [{ admin: true }, false, false],
  ])('%j is an admin role: %j, is none: %j', (value, admin, none) => {
    expect(isAdminRole(value)).toBe(admin);
    expect(isNoRole(value)).toBe(none);
  });
});

describe('lifetimes', () => {
  it.each([
    ['No expiration', '90 days', false],
    ['never expires', '1 year', false],
    ['90 days', 'Does not expire', true],
    [90, 30, false],
    ['30', 90, true],
    ['30 days', 90, true],
    [30, '90 days', true],
    [30, null, true],
    ['90 days', ['30 days'], true],
    ['2 hours', '1 hour 30 minutes', false],
    ['1 hour', '1h30m', true],
    ['1 week', '6 days, 23 hours and 59 min', false],
    ['1 day', '12 hours or so', true],
    ['1 day', '3 moons', true],
  ])('from %j to %j is extended: %j', (before, now, extended) => {
    expect(isDurationExtended(before, now)).toBe(extended);
  });
});

it('none of them throws, whatever it is given', () => {
  fc.assert(
    fc.property(fc.anything(), fc.anything(), fc.array(fc.string()), (a, b, list) => {
      const event = { actor: a, resource: b, details: a, context: b } as AuditLogEvent;
      emailDomain(a);
      emailsIn(a);
      isOutsider(a, event, list);
      isNamed(event, 'actor', list);
      isOwnDoing(event);
      isWideRange(a);
      isAdminRole(a);
      isNoRole(a);
      isDurationExtended(a, b);
    }),
  );
});
