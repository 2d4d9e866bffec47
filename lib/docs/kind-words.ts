// Puts into words how a detection that keeps a state decides: every number and key of its kind, for docs/detections.md.
// Pure text; what the fields mean is lib/detections/define.ts's.
import type {
  Counterpart,
  Detection,
  DetectionPattern,
  GroupBy,
  Key,
  Missing,
  SequenceDetection,
  Way,
} from '../detections/define.ts';

type Row = readonly [field: string, words: string];

/** A section with a table; empty for detections of one event. */
export function howItDecides(detection: Detection): string {
  const rows = rowsOf(detection);
  if (rows.length === 0) return '';
  const cells = rows.map(([name, words]) => `| ${name} | ${words} |`);
  return `### How it decides\n\n| | |\n|---|---|\n${cells.join('\n')}\n\n`;
}

function rowsOf(detection: Detection): Row[] {
  switch (detection.kind) {
    case 'match':
      return [];
    case 'threshold': {
      const { groupBy, atLeast, distinct, within } = detection;
      return [
        ['`groupBy`', groupWords(groupBy)],
        [
          '`atLeast`',
          `${atLeast} ${distinct === undefined ? 'events' : `values of ${keyWords(distinct)}`}`,
        ],
        ['`within`', `${within}, sliding`],
      ];
    }
    case 'newValue': {
      const { groupBy, value, learn, forget, remember } = detection;
      return [
        ['`groupBy`', groupWords(groupBy)],
        [
          '`value`',
          `${keyWords(value)}${detection.entity === 'value' ? '; alerts are about it' : ''}`,
        ],
        ['`learn`', `silent until the first event is ${learn} old`],
        ['`forget`', `new again after ${forget}`],
        ...(remember === undefined
          ? []
          : ([['`remember`', `a silent group is known for ${remember}`]] as Row[])),
      ];
    }
    case 'sequence':
      return sequenceRows(detection);
    case 'absence': {
      const { groupBy, pattern, expected, within } = detection;
      return [
        ['`groupBy`', groupWords(groupBy)],
        ['first', typeWords(pattern)],
        ['`expected`', counterpartWords(expected)],
        ['`within`', within],
      ];
    }
  }
}

function sequenceRows({ groupBy, steps, unless, within }: SequenceDetection): Row[] {
  return [
    ['`groupBy`', groupWords(groupBy)],
    ...steps.map(
      ({ name, or = [], ...first }, index): Row => [
        `step ${index + 1}, ${name}`,
        [first, ...or].map(wayWords).join('; or '),
      ],
    ),
    ...(unless === undefined
      ? []
      : ([
          [
            '`unless`',
            `${counterpartWords(unless)} comes in between; decided ten minutes after the last event`,
          ],
        ] as Row[])),
    ['`within`', `${within}, from the first event to the last`],
  ];
}

function wayWords(way: Way): string {
  const { pattern, atLeast = 1, distinct, groupBy } = way;
  const count = distinct === undefined ? '' : ` with different values of ${keyWords(distinct)}`;
  const elsewhere = groupBy === undefined ? '' : `, by ${groupWords(groupBy)}`;
  return `${atLeast} of ${typeWords(pattern)}${count}${elsewhere}`;
}

function counterpartWords({ pattern, groupBy }: Counterpart): string {
  return `${typeWords(pattern)}${groupBy === undefined ? '' : `, by ${groupWords(groupBy)}`}`;
}

/** Event types; conditions on more than the type stand in the pattern below. */
function typeWords({ 'detail-type': types, detail }: DetectionPattern): string {
  const words = types.map((type) =>
    typeof type === 'string' ? `\`${type}\`` : `\`${JSON.stringify(type)}\``,
  );
  return `${words.join(', ')}${detail === undefined ? '' : ' with the values of the pattern below'}`;
}

function groupWords(groupBy: GroupBy): string {
  if (groupBy === 'workspace') return 'the whole workspace';
  const more = (groupBy.and ?? []).map((key) => ` and ${keyWords(key)}`);
  return `${groupBy.type}: ${keyWords(groupBy)}${more.join('')}`;
}

const MISSING: Readonly<Record<Missing, string>> = {
  skip: 'events without it are skipped',
  'own-group': 'events without it count as one',
  alert: 'events without it alert at once',
};

function keyWords({ by, as, missing }: Key): string {
  const paths = by.map((path) => `\`${path}\``).join(', else ');
  return `${paths}${as === undefined ? '' : ', made coarser in code'} (${MISSING[missing]})`;
}
