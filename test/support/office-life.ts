// Weeks of a workspace as offices have them: busy on weekdays, next to nothing at night and on weekends. Made from the
// simulated workspace's daily life, which knows no weekend, by leaving events out.
import type { TimedEvent } from '../../lib/local/simulator/compose.ts';
import { dailyLife } from '../../lib/local/simulator/daily-life.ts';
import { Random } from '../../lib/local/simulator/random.ts';

export interface OfficeOptions {
  readonly seed: string | number;
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
  /** Milliseconds between two events by day. @default 3 minutes */
  readonly meanGapMs?: number;
  /** Spans, from and to, in which nothing happens at all. */
  readonly silent?: readonly (readonly [number, number])[];
}

/** Events in order of their time. All hours are UTC. */
export function officeLife(options: OfficeOptions): TimedEvent[] {
  const { seed, from, to, meanGapMs = 180_000, silent = [] } = options;
  const random = new Random(seed, 'office hours');
  const events: TimedEvent[] = [];
  // Daily life has a pace of 0.6 of its mean gap by day.
  for (const event of dailyLife({ seed, start: from, meanGapMs: meanGapMs / 0.6 })) {
    const at = Date.parse(event.created_at);
    if (at >= to) return events;
    const stays = random.next() < share(new Date(at));
    if (stays && !silent.some(([begin, end]) => at >= begin && at < end)) events.push(event);
  }
  return events;
}

/** Which share of daily life's events an hour has. */
function share(at: Date): number {
  const day = at.getUTCDay();
  const hour = at.getUTCHours();
  if (day === 0 || day === 6) return 0.03;
  return hour >= 7 && hour < 18 ? 1 : 0.15;
}
