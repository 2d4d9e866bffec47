// Detections as configuration has them, one side of a backtest, and a description of them that a thread can be sent: what a
// definition does are functions, which cannot, so each thread loads the catalogue and tunes it itself.
import type { Detection } from '../detections/define.ts';
import type { Tuning } from '../detections/tuning/file.ts';
import { tuned } from '../detections/tuning/tuning.ts';

/** Which detections are asked for. */
export interface Wanted {
  /** By whole id: run even where they are off. */
  readonly ids: readonly string[];
  readonly prefixes: readonly string[];
}

export interface SideSource {
  /** URL of the module that has the catalogue. */
  readonly module: string;
  readonly tuning: Tuning;
  /** @default - all of them */
  readonly wanted?: Wanted;
}

/** Detections, and what else decides their alerts. */
export interface Side {
  readonly catalogue: readonly Detection[];
  /** Milliseconds. */
  readonly windowMs: number;
  readonly runbookBaseUrl: string;
  readonly source: SideSource;
}

/** Of the catalogue that this file stands beside. */
export const OWN_MODULE = new URL('../detections/catalogue/index.ts', import.meta.url).href;

export function sideOf(catalogue: readonly Detection[], source: SideSource): Side {
  const { overrides, windowMs, runbookBaseUrl } = source.tuning;
  const { wanted } = source;
  const effective = catalogue.flatMap((detection): Detection[] => {
    const [on] = tuned([detection], overrides);
    if (wanted === undefined || wanted.prefixes.some((prefix) => detection.id.startsWith(prefix))) {
      if (on !== undefined) return [on];
    }
    // Asked for by its id, one that is off is tried as if it were staged.
    if (!wanted?.ids.includes(detection.id)) return [];
    const tried = { [detection.id]: { ...overrides[detection.id], status: 'staged' as const } };
    return on === undefined ? tuned([detection], tried) : [on];
  });
  return { catalogue: effective, windowMs, runbookBaseUrl, source };
}

export async function loadSide(source: SideSource): Promise<Side> {
  const { CATALOGUE } = (await import(source.module)) as { CATALOGUE: readonly Detection[] };
  return sideOf(CATALOGUE, source);
}

/** The same with some of its detections. */
export function partOf(side: Side, ids: ReadonlySet<string>): Side {
  return { ...side, catalogue: side.catalogue.filter(({ id }) => ids.has(id)) };
}
