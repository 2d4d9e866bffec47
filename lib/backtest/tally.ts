// Counts the alerts of a backtest by detection: how many, about whom, the first. Pure, in bounded memory.
import type { Alert, Entity } from '../contract/alert.ts';
import type { Compared } from './compare.ts';

export interface DetectionTally {
  alerts: number;
  gained: number;
  lost: number;
  /** The one that began first. */
  first?: Alert;
  readonly entities: Map<string, { readonly entity: Entity; alerts: number }>;
}

/** Past so many entities of a detection, those seen least are forgotten: of so many, no list tells anything. */
const MAX_ENTITIES = 10_000;
const SHOWN_ENTITIES = 5;

export class Tally {
  readonly #detections = new Map<string, DetectionTally>();

  add({ alert, is }: Compared): void {
    const tally = this.of(alert.detectionId);
    this.#detections.set(alert.detectionId, tally);
    if (is === 'lost') {
      tally.lost += 1;
      return;
    }
    tally.alerts += 1;
    if (is === 'gained') tally.gained += 1;
    tally.first ??= alert;
    const key = `${alert.workspaceGid} ${alert.entity.type} ${alert.entity.id}`;
    const known = tally.entities.get(key);
    if (known !== undefined) known.alerts += 1;
    else tally.entities.set(key, { entity: alert.entity, alerts: 1 });
    if (tally.entities.size > MAX_ENTITIES) forgetRarest(tally);
  }

  of(detectionId: string): DetectionTally {
    const none: DetectionTally = { alerts: 0, gained: 0, lost: 0, entities: new Map() };
    return this.#detections.get(detectionId) ?? none;
  }

  /** Ids of detections that raised something, on either side. */
  get ids(): readonly string[] {
    return [...this.#detections.keys()];
  }

  total(of: 'alerts' | 'gained' | 'lost'): number {
    return [...this.#detections.values()].reduce((sum, tally) => sum + tally[of], 0);
  }
}

/** Those with most alerts, the most first. */
export function topEntities(
  tally: DetectionTally,
): ReadonlyArray<{ readonly entity: Entity; readonly alerts: number }> {
  return [...tally.entities.values()]
    .sort((a, b) => b.alerts - a.alerts || (a.entity.id < b.entity.id ? -1 : 1))
    .slice(0, SHOWN_ENTITIES);
}

function forgetRarest({ entities }: DetectionTally): void {
  const least = Math.min(...[...entities.values()].map(({ alerts }) => alerts));
  for (const [key, { alerts }] of entities) if (alerts === least) entities.delete(key);
}
