import { describe, expect, it } from 'vitest';
import { table } from '../../../lib/cli/terminal/table.ts';

describe('table', () => {
  it('aligns columns by what they hold, colours aside', () => {
    const shown = table(
      [
        { name: 'a', count: 5 },
        { name: 'longer', count: 12 },
      ],
      [
        { title: 'name', cell: ({ name }) => name, color: (text) => `<${text}>` },
        { title: 'n', cell: ({ count }) => count, align: 'right' },
      ],
    );
    expect(shown).toBe('name     n\n<a>        5\n<longer>  12\n');
  });

  it('lets no text of Asana move the cursor or run on', () => {
    const shown = table(
      [{ name: `\u001b[2Jx\n${'y'.repeat(100)}` }],
      [{ title: 'name', cell: ({ name }) => name, max: 20 }],
    );
    expect(shown.split('\n')).toHaveLength(3);
    expect(shown).not.toContain('\u001b');
    expect(shown.split('\n')[1]).toHaveLength(20);
  });

  it('is empty for no rows', () => {
    expect(table([], [{ title: 'name', cell: () => '' }])).toBe('');
  });
});
