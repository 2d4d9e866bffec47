// How suppressions stand: what is in force, what never matched, what is about to end. Pure.
import type { StoredSuppression, SuppressionUse } from '../../alerts/suppressions/store.ts';
import { coverWords } from '../../alerts/suppressions/suppression.ts';
import { utc } from '../../alerts/words.ts';
import type { Colors } from '../../local/show.ts';
import { type Column, table } from './table.ts';

export type Standing = 'in force' | 'expired' | 'removed' | 'not in force';

export interface ListedSuppression extends StoredSuppression, SuppressionUse {
  readonly standing: Standing;
  /** What a person should look at. */
  readonly remarks: readonly string[];
}

const DAY = 86_400_000;
const SOON_MS = 7 * DAY;
/** Expired ones are shown for so long without being asked for. */
const SHOWN_EXPIRED_MS = 30 * DAY;

function standingOf({ state, suppression }: StoredSuppression, now: number): Standing {
  if (state === 'removed') return 'removed';
  if (Date.parse(suppression.expiresAt) <= now) return 'expired';
  return state === 'in-force' ? 'in force' : 'not in force';
}

export function isShown(stored: StoredSuppression, now: number, all: boolean): boolean {
  const standing = standingOf(stored, now);
  if (all || standing === 'in force' || standing === 'not in force') return true;
  return (
    standing === 'expired' && Date.parse(stored.suppression.expiresAt) > now - SHOWN_EXPIRED_MS
  );
}

export function listed(
  stored: StoredSuppression,
  use: SuppressionUse,
  now: number,
): ListedSuppression {
  const standing = standingOf(stored, now);
  const left = Date.parse(stored.suppression.expiresAt) - now;
  const remarks = [
    ...(standing === 'not in force'
      ? [
          stored.state === 'removing'
            ? 'the bus does not know that it is removed: remove it again'
            : 'the bus does not know of it: remove it and add it again',
        ]
      : []),
    ...(use.alerts === 0 ? ['never matched'] : []),
    ...(standing === 'in force' && left <= SOON_MS ? [`expires in ${leftWords(left)}`] : []),
    ...(standing === 'expired' ? ['expired'] : []),
    ...(standing === 'removed' ? ['removed'] : []),
  ];
  return { ...stored, ...use, standing, remarks };
}

function leftWords(ms: number): string {
  const [count, unit] =
    ms >= DAY ? [Math.floor(ms / DAY), 'day'] : [Math.ceil(ms / 3_600_000), 'hour'];
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

/** For machines: one line for each. */
export function suppressionJson(one: ListedSuppression): string {
  const { suppression, standing, alerts, matches, lastMatchAt = null, removal } = one;
  return JSON.stringify({
    kind: 'suppression',
    ...suppression,
    standing,
    alerts,
    matches,
    lastMatchAt,
    neverMatched: alerts === 0,
    remarks: one.remarks,
    ...(removal === undefined ? {} : { removal }),
  });
}

export function suppressionTable(rows: readonly ListedSuppression[], colors: Colors): string {
  const columns: Column<ListedSuppression>[] = [
    { title: 'id', cell: ({ suppression }) => suppression.id },
    { title: 'suppresses', cell: ({ suppression }) => coverWords(suppression), max: 100 },
    { title: 'owner', cell: ({ suppression }) => suppression.owner, max: 30 },
    { title: 'until', cell: ({ suppression }) => utc(suppression.expiresAt) },
    { title: 'alerts', cell: ({ alerts }) => alerts, align: 'right' },
    { title: 'matches', cell: ({ matches }) => matches, align: 'right' },
    {
      title: 'last match',
      cell: ({ lastMatchAt }) => (lastMatchAt === undefined ? 'never' : utc(lastMatchAt)),
    },
    { title: 'reason', cell: ({ suppression }) => suppression.reason, max: 60 },
    {
      title: 'remarks',
      cell: ({ remarks }) => remarks.join('; '),
      max: 120,
      color: (text) => colors.yellow(text),
    },
  ];
  return table(rows, columns, colors.dim);
}
