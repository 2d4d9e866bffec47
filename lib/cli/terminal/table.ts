// A table for a terminal: columns as wide as their widest cell. Pure.
// Cells may hold text from Asana, so all of it is cleaned; colours come from the caller, after the widths are known.
import { shownText } from '../../text.ts';

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => string | number;
  /** Numbers stand at the right. @default 'left' */
  readonly align?: 'left' | 'right';
  /** Characters at most. @default 60 */
  readonly max?: number;
  readonly color?: (text: string, row: Row) => string;
}

const DEFAULT_MAX = 60;
const GAP = '  ';

/** Ends in a newline; empty for no rows. */
export function table<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  dim: (text: string) => string = (text) => text,
): string {
  if (rows.length === 0) return '';
  const cells = rows.map((row) =>
    columns.map(({ cell, max = DEFAULT_MAX }) => shownText(String(cell(row)), max)),
  );
  const widths = columns.map(({ title }, at) =>
    Math.max(title.length, ...cells.map((row) => (row[at] ?? '').length)),
  );
  const line = (texts: readonly string[], paint: (text: string, at: number) => string) =>
    texts
      .map((text, at) => {
        const room = ' '.repeat((widths[at] ?? 0) - text.length);
        const painted = paint(text, at);
        if (columns[at]?.align === 'right') return `${room}${painted}`;
        return at === texts.length - 1 ? painted : `${painted}${room}`;
      })
      .join(GAP);
  const head = line(
    columns.map(({ title }) => title),
    (text) => dim(text),
  );
  const body = rows.map((row, index) =>
    line(cells[index] ?? [], (text, at) => columns[at]?.color?.(text, row) ?? text),
  );
  return `${[head, ...body].join('\n')}\n`;
}
