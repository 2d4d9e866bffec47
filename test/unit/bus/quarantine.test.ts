// Where an event goes in quarantine: the same place each time, and never outside its prefix.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { QUARANTINE_PREFIX, quarantineKey } from '../../../lib/bus/quarantine.ts';

const AT = Date.parse('2026-10-02T23:59:59.999Z');

describe('quarantineKey', () => {
  it('is workspace, day and gid', () => {
    expect(quarantineKey('12', AT, '345', 'body')).toBe('quarantine/12/2026-10-02/345.json');
    expect(quarantineKey('12', undefined, '345', 'body')).toBe('quarantine/12/undated/345.json');
  });

  it('goes by the text where there is no gid', () => {
    const key = quarantineKey('12', undefined, undefined, '"stray"');
    expect(key).toMatch(/^quarantine\/12\/undated\/sha256-[0-9a-f]{64}\.json$/);
    expect(quarantineKey('12', undefined, undefined, '"other"')).not.toBe(key);
    expect(quarantineKey('12', undefined, undefined, '"stray"')).toBe(key);
  });

  it('never leaves its place, whatever the gid is', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('../../x', 'a/b', '.', '..', '')),
        (gid) => {
          const key = quarantineKey('12', AT, gid, 'body');
          expect(key).toMatch(/^quarantine\/12\/2026-10-02\/[\w-]+\.json$/);
          expect(key.startsWith(QUARANTINE_PREFIX)).toBe(true);
          // A retry overwrites, though the body may say another time of publishing.
          expect(quarantineKey('12', AT, gid, 'another body')).toBe(key);
        },
      ),
    );
  });
});
