// Draws a CloudWatch dashboard's definition as it is laid out, filled from simulated weeks, as SVG. The looks are CloudWatch's
// in broad strokes; titles, places, metrics, labels and queries are the definition's own.
import { BUCKET_MS, BUCKETS, type Line, START, type Weeks } from './weeks.ts';

export interface Widget {
  readonly type: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly properties: {
    readonly title: string;
    readonly view?: string;
    readonly query?: string;
    readonly alarms?: readonly string[];
    readonly metrics?: readonly (readonly unknown[])[];
  };
}

const COLUMN = 52;
const ROW = 42;
const GAP = 5;
const COLOURS = [
  '#1f77b4',
  '#ff7f0e',
  '#2ca02c',
  '#d62728',
  '#9467bd',
  '#8c564b',
  '#e377c2',
  '#7f7f7f',
  '#bcbd22',
  '#17becf',
  '#393b79',
  '#637939',
];
const SEVERITY_COLOURS: Readonly<Record<string, string>> = {
  info: '#7f7f7f',
  low: '#1f77b4',
  medium: '#bcbd22',
  high: '#ff7f0e',
  critical: '#d62728',
};

interface Series {
  readonly label: string;
  readonly values: readonly (number | undefined)[];
}

export function draw(widgets: readonly Widget[], weeks: Weeks): string {
  const height = Math.max(...widgets.map(({ y, height: rows }) => y + rows)) * ROW;
  const parts = widgets.map((widget) => {
    const [width, rows] = [widget.width * COLUMN - GAP, widget.height * ROW - GAP];
    const frame = `<rect width="${width}" height="${rows}" rx="6" fill="#fff" stroke="#d5dbdb"/>`;
    const title = text(10, 20, widget.properties.title, 'font-weight="bold"');
    const body = content(widget, weeks, width, rows);
    return `<g transform="translate(${widget.x * COLUMN},${widget.y * ROW})">${frame}${title}${body}</g>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-5 -5 ${24 * COLUMN + 5} ${height + 5}" font-family="Helvetica, Arial, sans-serif" font-size="12" fill="#16191f">`,
    '<title>The dashboard after four simulated weeks</title>',
    `<rect x="-5" y="-5" width="100%" height="100%" fill="#f2f3f3"/>`,
    ...parts,
    '</svg>\n',
  ].join('\n');
}

function content(widget: Widget, weeks: Weeks, width: number, height: number): string {
  const { view, query, alarms, metrics } = widget.properties;
  if (alarms !== undefined) return chips(alarms, width, height);
  if (query !== undefined) {
    const asked = parse(query);
    const lines = weeks
      .lines(asked.message)
      .filter(({ fields }) => (asked.status ?? fields['status']) === fields['status']);
    if (!asked.by.startsWith('bin(')) {
      return bars(ranked(lines, asked.by, asked.columns[0]?.from ?? ''), width, height);
    }
    const series = asked.columns.map(({ from, label }) => ({ label, values: summed(lines, from) }));
    return stacked(series, width, height, view === 'bar');
  }
  const series = (metrics ?? []).map((row) => seriesOf(row, weeks));
  return view === 'singleValue' ? numbers(series, width, height) : graph(series, width, height);
}

function chips(alarms: readonly string[], width: number, height: number): string {
  const columns = alarms.length === 1 ? 1 : Math.max(1, Math.floor(width / 200));
  const rows = Math.ceil(alarms.length / columns);
  const [w, h] = [(width - 20) / columns, Math.min(60, (height - 36) / rows)];
  return alarms
    .map((name, at) => {
      const [x, y] = [10 + (at % columns) * w, 30 + Math.floor(at / columns) * h];
      const shown = name.length > 31 ? `${name.slice(0, 30)}…` : name;
      return `<rect x="${round(x)}" y="${round(y)}" width="${round(w - 4)}" height="${round(h - 4)}" rx="3" fill="#dff2e1" stroke="#1d8102"/>${text(x + 6, y + h / 2 + 2, alarms.length === 1 ? `OK  ${shown}` : shown, 'font-size="10"')}`;
    })
    .join('');
}

function numbers(series: readonly Series[], width: number, height: number): string {
  const w = width / series.length;
  return series
    .map(({ label, values }, at) => {
      // Of the newest bucket, brought from four hours to the one that is asked for.
      const last = values.at(-20) ?? 0;
      const value = label.startsWith('behind') ? last : Math.round(last / 4);
      return `${text(w * (at + 0.5), height / 2 + 12, String(value), 'font-size="34" text-anchor="middle"')}${text(w * (at + 0.5), height / 2 + 36, label, 'text-anchor="middle" fill="#545b64"')}`;
    })
    .join('');
}

function graph(series: readonly Series[], width: number, height: number): string {
  const plot = area(width, height, series.length);
  const most = niceMaximum(
    Math.max(1, ...series.flatMap(({ values }) => values.map((value) => value ?? 0))),
  );
  const lines = series.map(({ values }, at) => {
    let pen = 'M';
    const path = values
      .map((value, bucket) => {
        if (value === undefined) {
          pen = 'M';
          return '';
        }
        const point = `${pen}${plot.x(bucket)} ${plot.y(value / most)}`;
        pen = 'L';
        // A point by itself has no length to be seen by.
        return values[bucket - 1] === undefined ? `${point}h1` : point;
      })
      .join('');
    return path === ''
      ? ''
      : `<path d="${path}" fill="none" stroke="${COLOURS[at % COLOURS.length]}" stroke-width="1.3"/>`;
  });
  return (
    plot.axes(most) +
    lines.join('') +
    legend(
      series.map(({ label }) => label),
      width,
      height,
    )
  );
}

/** Areas, or with `byDay` a bar for each day. */
function stacked(series: readonly Series[], width: number, height: number, byDay: boolean): string {
  const perStep = byDay ? 86_400_000 / BUCKET_MS : 1;
  const steps = BUCKETS / perStep;
  const valueAt = ({ values }: Series, step: number) =>
    values.slice(step * perStep, (step + 1) * perStep).reduce<number>((a, b) => a + (b ?? 0), 0);
  const plot = area(width, height, series.length);
  const base = Array.from({ length: steps }, () => 0);
  const totals = base.map((_, step) => series.reduce((sum, one) => sum + valueAt(one, step), 0));
  const most = niceMaximum(Math.max(1, ...totals));
  const edge = () => base.map((value, step) => `${plot.x(step)} ${plot.y(value / most)}`);
  const shapes = series.map((one, at) => {
    const below = edge().reverse();
    const values = base.map((_, step) => valueAt(one, step));
    const bottoms = base.map((value) => plot.y(value / most));
    for (const [step, value] of values.entries()) base[step] = (base[step] ?? 0) + value;
    if (values.every((value) => value === 0)) return '';
    const path = byDay
      ? values.map((value, step) => {
          const top = plot.y((base[step] ?? 0) / most);
          const x = plot.x(step * perStep);
          return value === 0 ? '' : `M${x} ${bottoms[step]}V${top}h12V${bottoms[step]}Z`;
        })
      : [`M${[...edge(), ...below].join('L')}Z`];
    return `<path d="${path.join('')}" fill="${colour(one.label, at)}"/>`;
  });
  const labels = series.map(({ label }) => label);
  return plot.axes(most) + shapes.join('') + legend(labels, width, height);
}

function bars(rows: readonly (readonly [string, number])[], width: number, height: number): string {
  const shown = rows.slice(0, 12);
  const most = Math.max(1, ...shown.map(([, value]) => value));
  const h = (height - 40) / Math.max(shown.length, 8);
  return shown
    .map(([label, value], at) => {
      const y = 32 + at * h;
      const length = ((width - 330) * value) / most;
      return `${text(250, y + h / 2 + 3, label, 'text-anchor="end" font-size="11"')}<rect x="256" y="${round(y + 2)}" width="${round(Math.max(1, length))}" height="${round(h - 4)}" fill="#1f77b4"/>${text(262 + length, y + h / 2 + 3, String(value), 'font-size="11"')}`;
    })
    .join('');
}

function area(width: number, height: number, labels: number) {
  const [left, right, top] = [52, 12, 30];
  const bottom = 30 + Math.ceil(labels / legendColumns(width)) * 14;
  const [w, h] = [width - left - right, height - top - bottom];
  return {
    x: (bucket: number) => Math.round(left + (bucket / (BUCKETS - 1)) * w),
    y: (share: number) => Math.round(top + h - share * h),
    axes(most: number): string {
      const days = Array.from({ length: 4 }, (_, week) => {
        const x = round(left + (week / 4) * w);
        const day = new Date(START + week * 7 * 86_400_000).toISOString().slice(5, 10);
        return `<path d="M${x} ${top}v${h}" stroke="#eaeded"/>${text(x + 2, top + h + 13, day, 'font-size="10" fill="#545b64"')}`;
      });
      return `${days.join('')}<path d="M${left} ${top}v${h}h${w}" fill="none" stroke="#879596"/>${text(left - 5, top + 8, short(most), 'font-size="10" text-anchor="end" fill="#545b64"')}${text(left - 5, top + h, '0', 'font-size="10" text-anchor="end" fill="#545b64"')}`;
    },
  };
}

const colour = (label: string, at: number) =>
  SEVERITY_COLOURS[label] ?? COLOURS[at % COLOURS.length] ?? '#000';
const legendColumns = (width: number) => Math.max(1, Math.floor(width / 125));

function legend(labels: readonly string[], width: number, height: number): string {
  const columns = legendColumns(width);
  const rows = Math.ceil(labels.length / columns);
  return labels
    .map((label, at) => {
      const x = 12 + (at % columns) * ((width - 20) / columns);
      const y = height - 8 - (rows - 1 - Math.floor(at / columns)) * 14;
      return `<rect x="${round(x)}" y="${y - 8}" width="8" height="8" fill="${colour(label, at)}"/>${text(x + 12, y, label, 'font-size="10"')}`;
    })
    .join('');
}

/** What the dashboard's own queries are made of: a filter, sums or a count, and what they are by. */
function parse(query: string) {
  const message = /message = "([^"]+)"/.exec(query)?.[1];
  const stats = /stats (.+?) by (bin\(\w+\)|\w+)/s.exec(query);
  if (message === undefined || stats === null)
    throw new Error(`A query that this cannot draw: ${query}`);
  const columns = [...(stats[1] ?? '').matchAll(/(?:sum|count)\(([^)]+)\) as (\w+)/g)].map(
    ([, from = '', label = '']) => ({ from, label }),
  );
  return { message, status: /status = "(\w+)"/.exec(query)?.[1], columns, by: stats[2] ?? '' };
}

function summed(lines: readonly Line[], column: string): number[] {
  const sums = Array.from({ length: BUCKETS }, () => 0);
  for (const { at, counts } of lines) {
    const bucket = Math.floor((at - START) / BUCKET_MS);
    if (bucket < BUCKETS) sums[bucket] = (sums[bucket] ?? 0) + (counts[column] ?? 0);
  }
  return sums;
}

function ranked(lines: readonly Line[], by: string, column: string): [string, number][] {
  const totals = new Map<string, number>();
  for (const { fields, counts } of lines) {
    const key = fields[by] ?? '';
    totals.set(key, (totals.get(key) ?? 0) + (column === '*' ? 1 : (counts[column] ?? 0)));
  }
  return [...totals].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
}

/** `[namespace, metric, dimension, value, ..., options]` */
function seriesOf(row: readonly unknown[], weeks: Weeks): Series {
  const names = row.filter((part) => typeof part === 'string');
  const options = row.at(-1) as { readonly label?: string };
  const dimensions: Record<string, string> = {};
  for (let at = 2; at + 1 < names.length; at += 2)
    dimensions[names[at] ?? ''] = names[at + 1] ?? '';
  return {
    label: options.label ?? names[1] ?? '',
    values: weeks.series(names[1] ?? '', dimensions),
  };
}

function niceMaximum(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return Math.ceil(value / power) * power;
}

const short = (value: number) =>
  value >= 1e6 ? `${value / 1e6}M` : value >= 1e4 ? `${value / 1e3}k` : String(value);
const round = (value: number) => Math.round(value * 10) / 10;

function text(x: number, y: number, words: string, more = ''): string {
  const safe = words.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${round(x)}" y="${round(y)}" ${more}>${safe}</text>`;
}
