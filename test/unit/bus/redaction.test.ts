// What is taken out of an event, and what is said about it.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseLossless } from '../../../lib/asana/lossless-json.ts';
import {
  DEFAULT_REDACT_PATHS,
  REDACTED,
  redactor,
  redactPathProblem,
} from '../../../lib/bus/redaction.ts';

describe('redactor', () => {
  it('takes the assertion of a login out, and says so', () => {
    const event = { gid: '1', details: { method: ['SAML'], saml_response: '<xml>secret</xml>' } };
    expect(redactor(DEFAULT_REDACT_PATHS)(event)).toEqual(['details.saml_response']);
    expect(event).toEqual({ gid: '1', details: { method: ['SAML'], saml_response: REDACTED } });
  });

  it('goes through arrays, and replaces whatever stands there', () => {
    const event = { a: [{ b: 1 }, { b: { deep: true } }, { c: 2 }, [{ b: [3] }], null, 'text'] };
    expect(redactor(['a.b', 'x.y', 'a'.repeat(3)])(event)).toEqual(['a.b']);
    expect(event.a).toEqual([
      { b: REDACTED },
      { b: REDACTED },
      { c: 2 },
      [{ b: REDACTED }],
      null,
      'text',
    ]);
  });

  it('leaves what is absent, null, or no object on the way', () => {
    for (const event of [
      {},
      { details: null },
      { details: 'text' },
      { details: { saml_response: null } },
    ]) {
      const before = structuredClone(event);
      expect(redactor(DEFAULT_REDACT_PATHS)(event)).toEqual([]);
      expect(event).toEqual(before);
    }
  });

  it('reaches a key named __proto__ and touches no prototype', () => {
    const event = JSON.parse('{"__proto__":{"secret":1},"constructor":{"name":"x"}}');
    expect(redactor(['__proto__.secret', 'constructor.name'])(event)).toEqual([
      '__proto__.secret',
      'constructor.name',
    ]);
    expect(JSON.stringify(event)).toBe(
      `{"__proto__":{"secret":"${REDACTED}"},"constructor":{"name":"${REDACTED}"}}`,
    );
    expect(({} as Record<string, unknown>)['secret']).toBeUndefined();
    expect(redactor(['toString.name'])({})).toEqual([]);
  });

  it('does not overflow on arrays in arrays', () => {
    const depth = 50_000;
    const event = parseLossless(`{"a":${'['.repeat(depth)}{"b":"secret"}${']'.repeat(depth)}}`);
    expect(redactor(['a.b'])(event as Record<string, unknown>)).toEqual(['a.b']);
  });

  it('leaves no text behind at a path, wherever it is', () => {
    const key = fc.constantFrom('a', 'b', 'c');
    const value = fc.letrec((tie) => ({
      node: fc.oneof(
        { maxDepth: 4 },
        fc.constant('SECRET'),
        fc.array(tie('node'), { maxLength: 3 }),
        fc.dictionary(key, tie('node')),
      ),
    })).node;
    fc.assert(
      fc.property(fc.dictionary(key, value), (event) => {
        redactor(['a', 'b', 'c'])(event);
        expect(JSON.stringify(event)).not.toContain('SECRET');
      }),
    );
  });
});

describe('redactPathProblem', () => {
  it('takes dotted paths, but none that the feed relies on', () => {
    for (const path of ['actor.email', 'context.client_ip_address', 'details']) {
      expect(redactPathProblem(path)).toBeUndefined();
    }
    for (const path of ['', '.', 'a.', '.a', 'a..b', 'a b', 'gid', 'created_at', 'event_type']) {
      expect(redactPathProblem(path)).toBeTypeOf('string');
    }
  });
});
