// The registry of event types: names and meanings belong together, and hold what Asana is known to send.
import { describe, expect, it } from 'vitest';
import { EVENT_TYPE_MEANINGS } from '../../../lib/asana/event-type-meanings.ts';
import { EVENT_TYPES_BY_CATEGORY, isKnownEventType } from '../../../lib/asana/event-types.ts';

describe('the registry of event types', () => {
  it('holds 136 types, each once', () => {
    const names = Object.values(EVENT_TYPES_BY_CATEGORY).flat();
    expect(names).toHaveLength(136);
    expect(new Set(names).size).toBe(136);
    expect(EVENT_TYPE_MEANINGS.size).toBe(136);
    expect(isKnownEventType('user_login_succeeded')).toBe(true);
    expect(isKnownEventType('toString')).toBe(false);
  });

  it('says of each what it means and what it is about, in a short sentence of its own', () => {
    const meanings = [...EVENT_TYPE_MEANINGS.values()];
    for (const { meaning, resourceType } of meanings) {
      expect(meaning).toMatch(/^[A-Z].{8,75}\.$/);
      expect(resourceType).toMatch(/^[a-z_]+$/);
    }
    expect(new Set(meanings.map(({ meaning }) => meaning)).size).toBe(136);
    expect(meanings.filter(({ confidence }) => confidence === 'inferred')).toHaveLength(5);
    expect(meanings.filter(({ categoryIsSure }) => !categoryIsSure)).toHaveLength(13);
  });

  it('tells apart the two sides of a setting', () => {
    for (const [type, { meaning }] of EVENT_TYPE_MEANINGS) {
      const other = type.replace(/_enabled$/, '_disabled');
      if (other === type) continue;
      expect(EVENT_TYPE_MEANINGS.get(other as typeof type)?.meaning).not.toBe(meaning);
    }
  });
});
