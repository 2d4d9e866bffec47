// What a backtest came to, for programs and for people. Pure. Text from events passes lib/text.ts.
import type { Backtest } from '../../backtest/backtest.ts';
import type { MalformedLine } from '../../backtest/history-file.ts';
import { type Tally, topEntities } from '../../backtest/tally.ts';
import type { ThresholdReport } from '../../backtest/threshold-gauge.ts';
import type { Entity, Severity } from '../../contract/alert.ts';
import { type Colors, counted } from '../../local/show.ts';
import { cleanText, shownText } from '../../text.ts';
import { malformedLines } from '../terminal/malformed-lines.ts';
import { table } from '../terminal/table.ts';
import type { BacktestCommand } from './options.ts';

export interface DetectionSummary {
  readonly id: string;
  readonly version: number;
  readonly detectionKind: string;
  readonly severity: Severity;
  readonly status: 'active' | 'staged';
  readonly alerts: number;
  readonly alertsPerDay: number;
  /** Those with most alerts, the most first. */
  readonly topEntities: readonly (Entity & { readonly alerts: number })[];
  /** The alert that began first. */
  readonly firstExample?: {
    readonly alertId: string;
    readonly firstSeen: string;
    readonly summary: string;
    readonly eventGids: readonly string[];
  };
  readonly threshold?: ThresholdReport;
  readonly failures?: number;
}

export interface BacktestSummary {
  readonly events: number;
  readonly duplicates: number;
  readonly outside: number;
  readonly untimed: number;
  readonly other: number;
  readonly malformed: number;
  readonly malformedLines: readonly MalformedLine[];
  /** ISO 8601 UTC: of the first and the last event. */
  readonly from?: string;
  readonly to?: string;
  /** From the first event to the last, at least one: what `alertsPerDay` divides by. */
  readonly days: number;
  readonly alerts: number;
  readonly failures: Readonly<Record<string, { readonly count: number; readonly reason: string }>>;
  readonly compare?: {
    readonly against: string;
    readonly gained: number;
    readonly lost: number;
    /** Of those with any, also where one side alone has the detection. */
    readonly byDetection: Readonly<
      Record<string, { readonly gained: number; readonly lost: number }>
    >;
  };
  readonly detections: readonly DetectionSummary[];
}

const DAY_MS = 86_400_000;

export function summaryOf(
  { counts, span, failures, thresholds }: Backtest,
  tally: Tally,
  { options, against }: Pick<BacktestCommand, 'options' | 'against'>,
): BacktestSummary {
  const days = Math.max(1, span === undefined ? 0 : (span.to - span.from) / DAY_MS);
  const detections = options.here.catalogue.map((detection): DetectionSummary => {
    const { id, version, kind, severity, status } = detection;
    const found = tally.of(id);
    const threshold = thresholds.get(id);
    const failed = failures.get(id);
    const { first } = found;
    return {
      id,
      version,
      detectionKind: kind,
      severity,
      status: status === 'staged' ? 'staged' : 'active',
      alerts: found.alerts,
      alertsPerDay: rounded(found.alerts / days),
      topEntities: topEntities(found).map(({ entity, alerts }) => ({ ...entity, alerts })),
      ...(first === undefined ? {} : { firstExample: exampleOf(first) }),
      ...(threshold === undefined ? {} : { threshold }),
      ...(failed === undefined ? {} : { failures: failed.count }),
    };
  });
  const changed = tally.ids
    .map((id) => [id, tally.of(id)] as const)
    .filter(([, { gained, lost }]) => gained + lost > 0);
  const compare = {
    against: against ?? '',
    gained: tally.total('gained'),
    lost: tally.total('lost'),
    byDetection: Object.fromEntries(
      changed.map(([id, { gained, lost }]) => [id, { gained, lost }]),
    ),
  };
  return {
    ...counts,
    ...(span === undefined ? {} : { from: isoOf(span.from), to: isoOf(span.to) }),
    days: rounded(days),
    alerts: tally.total('alerts'),
    failures: Object.fromEntries(failures),
    ...(against === undefined ? {} : { compare }),
    detections,
  };
}

/** Lines that are no events, and detections whose code failed: for standard error. */
export function problemLines({ counts, failures }: Backtest): string {
  const lines = malformedLines(counts);
  for (const [id, { count, reason }] of failures) {
    lines.push(`${id} failed on ${counted(count, 'event')}, first so: ${reason}`);
  }
  return lines.map((line) => `${cleanText(line)}\n`).join('');
}

export function reportText(summary: BacktestSummary, colors: Colors): string {
  const { detections, compare } = summary;
  const raising = detections
    .filter(({ alerts }) => alerts > 0)
    .sort((a, b) => b.alerts - a.alerts || (a.id < b.id ? -1 : 1));
  return [
    headWords(summary),
    raising.length === 0 ? '' : alertTable(raising, colors),
    raising.length === 0 ? '' : `First examples\n${exampleTable(raising, colors)}`,
    thresholdWords(detections, colors),
    compare === undefined ? '' : compareWords(summary, colors),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

function headWords(summary: BacktestSummary): string {
  const { events, duplicates, outside, untimed, other, malformed, from, to, days, alerts } =
    summary;
  const raised = summary.detections.filter((detection) => detection.alerts > 0).length;
  const left = [
    ...(duplicates > 0 ? [`${counted(duplicates, 'event')} there twice`] : []),
    ...(outside > 0 ? [`${counted(outside, 'event')} outside the times asked for`] : []),
    ...(other > 0 ? [`${counted(other, 'line')} of other kinds`] : []),
    ...(malformed > 0 ? [`${counted(malformed, 'line')} that are no events`] : []),
  ];
  const time = from === undefined ? '' : ` from ${from} to ${to} (${days} days)`;
  return [
    `${counted(events, 'event')}${time}.`,
    ...(left.length === 0 ? [] : [`Left out: ${left.join(', ')}.`]),
    ...(untimed === 0
      ? []
      : [
          `${counted(untimed, 'event')} without a readable created_at: taken for as late as the line before.`,
        ]),
    `${counted(alerts, 'alert')}, raised by ${raised} of ${counted(summary.detections.length, 'detection')}.`,
    '',
  ].join('\n');
}

function alertTable(raising: readonly DetectionSummary[], colors: Colors): string {
  return table(
    raising,
    [
      { title: 'alerts', cell: ({ alerts }) => alerts, align: 'right' },
      { title: 'a day', cell: ({ alertsPerDay }) => alertsPerDay.toFixed(2), align: 'right' },
      { title: 'severity', cell: ({ severity }) => severity },
      { title: 'status', cell: ({ status }) => status },
      { title: 'detection', cell: ({ id }) => id, max: 64 },
      {
        title: 'mostly about',
        cell: ({ topEntities: top }) =>
          top.map(({ label, alerts }) => `${shownText(label, 40)} (${alerts})`).join(', '),
        max: 160,
      },
    ],
    colors.dim,
  );
}

function exampleTable(raising: readonly DetectionSummary[], colors: Colors): string {
  return table(
    raising,
    [
      { title: 'detection', cell: ({ id }) => id, max: 64 },
      { title: 'when', cell: ({ firstExample: first }) => first?.firstSeen ?? '' },
      { title: 'event', cell: ({ firstExample: first }) => first?.eventGids[0] ?? '' },
      { title: 'what', cell: ({ firstExample: first }) => first?.summary ?? '', max: 200 },
    ],
    colors.dim,
  );
}

function thresholdWords(detections: readonly DetectionSummary[], colors: Colors): string {
  const rows = detections.flatMap(({ id, threshold }) =>
    threshold === undefined || threshold.windows === 0 ? [] : [{ id, ...threshold }],
  );
  if (rows.length === 0) return '';
  const text = table(
    rows,
    [
      { title: 'detection', cell: ({ id }) => id, max: 64 },
      { title: 'counts', cell: ({ distinct }) => (distinct ? 'values' : 'events') },
      { title: 'within', cell: ({ within }) => within },
      { title: 'at least', cell: ({ atLeast }) => atLeast, align: 'right' },
      { title: 'windows', cell: ({ windows }) => windows, align: 'right' },
      ...(['p50', 'p95', 'p99', 'max'] as const).map((name) => ({
        title: name,
        cell: (row: ThresholdReport) => row[name],
        align: 'right' as const,
      })),
      {
        title: 'one alert a week at',
        cell: ({ forOneAWeek }) => forOneAWeek ?? 'none allowed',
        align: 'right',
      },
    ],
    colors.dim,
  );
  return `Thresholds: the most that a group had within the window, over all windows with anything in them\n${text}`;
}

function compareWords({ compare }: BacktestSummary, colors: Colors): string {
  if (compare === undefined) return '';
  const { against, gained, lost, byDetection } = compare;
  const rows = Object.entries(byDetection).map(([id, changes]) => ({ id, ...changes }));
  const head = `Against ${shownText(against, 200)}: ${counted(gained, 'alert')} gained (raised here, not there), ${lost} lost (raised there, not here)\n`;
  return `${head}${table(
    rows,
    [
      { title: 'detection', cell: ({ id }) => id, max: 64 },
      { title: 'gained', cell: (row) => row.gained, align: 'right' },
      { title: 'lost', cell: (row) => row.lost, align: 'right' },
    ],
    colors.dim,
  )}`;
}

function exampleOf({ alertId, firstSeen, summary, eventGids }: DetectionExample) {
  return { alertId, firstSeen, summary, eventGids };
}
type DetectionExample = NonNullable<DetectionSummary['firstExample']>;

function isoOf(at: number): string {
  return new Date(at).toISOString();
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
