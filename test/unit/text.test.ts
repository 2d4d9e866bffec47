import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { beginningOf, cleanText, cutText, shownText } from '../../lib/text.ts';

const text = fc.string({ unit: 'binary', maxLength: 300 });

describe('text for people', () => {
  it('loses controls, bidi overrides and what shows nothing', () => {
    expect(cleanText('a\u202eb\u0000c\u200bd\r\ne\u{e0041}f')).toBe('a b c d e f');
    expect(cleanText('\ud800x')).toBe('\ufffdx');
    expect(cleanText('Zoë 日本 😀 <b>')).toBe('Zoë 日本 😀 <b>');
  });

  it('is clean after one pass, and well-formed', () => {
    fc.assert(
      fc.property(text, (given) => {
        const once = cleanText(given);
        expect(cleanText(once)).toBe(once);
        expect(once.isWellFormed()).toBe(true);
        expect(once).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      }),
    );
  });

  it('keeps to its length and never ends in half a character', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 50 }), (given, max) => {
        const shown = shownText(given, max);
        expect(shown.length).toBeLessThanOrEqual(max);
        expect(shown.isWellFormed()).toBe(true);
      }),
    );
    expect(cutText('ab😀cd', 4)).toBe('ab…');
    expect(beginningOf('ab😀cd', 3)).toBe('ab\ufffd');
    expect(beginningOf('ab😀cd', 4)).toBe('ab😀');
    expect(cutText('abcd', 4)).toBe('abcd');
  });
});
