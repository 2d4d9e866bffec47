// The engine of `kind: 'absence'`: which events wait for one that is expected after them, and which waited in vain.
// Pure. Seeing events never alerts: `overdue` does, once the feed has passed the end of the time and the grace.
import type { Finding } from '../../alerts/life/finding.ts';
import type { AuditLogEvent } from '../../contract/bus-event.ts';
import type { AbsenceDetection } from '../define.ts';
import { spanMs } from '../definition/spans.ts';
import { briefOf } from './brief.ts';
import type { Engine, EngineRules } from './engine.ts';
import { MAX_DECIDED } from './kept.ts';

interface Memory {
  readonly waiting: readonly Waiting[];
  /** When expected events came, in order and thinned: one may be delivered before the event it follows. */
  readonly came: readonly number[];
}
interface Waiting {
  readonly gid: string;
  readonly at: number;
  readonly event: AuditLogEvent;
}

/** More than wait for one thing at once: the earliest, and of so many what an alert would tell. */
const MAX_WAITING = 60;
const MAX_TOLD = 8;
const MAX_CAME = 50;
const REDELIVERY_MS = 15 * 86_400_000;
const FIRST = 0;
const EXPECTED = 1;

export function absenceEngine(detection: AbsenceDetection, rules: EngineRules): Engine {
  const withinMs = spanMs(detection.within);
  /** From this on nothing that is expected can come any more. */
  const decidedAt = (at: number) => at + withinMs + rules.graceMs + 1;

  const read = (memory: unknown): Memory => (memory ?? { waiting: [], came: [] }) as Memory;
  const isFollowed = (came: readonly number[], at: number) =>
    came.some((time) => time >= at && time <= at + withinMs);

  return {
    memoryMs: withinMs + rules.graceMs + REDELIVERY_MS,
    waitMs: withinMs,
    opens: ({ roles }) => roles.some(({ index }) => index === FIRST),
    explain(memory, { gid }) {
      const { waiting } = read(memory);
      const own = waiting.find((each) => each.gid === gid);
      if (own === undefined) return `${waiting.length} events wait for what is expected after them`;
      const until = new Date(own.at + withinMs).toISOString();
      return `waits for what is expected after it until ${until}, and alerts when that has not come`;
    },
    find(memory, { gid, at, event, roles }): Finding {
      const known = read(memory);
      // An event that is both is the second step of an earlier one, and the first step of the next.
      const isExpected = roles.some(({ index }) => index === EXPECTED);
      const isFirst = roles.some(({ index }) => index === FIRST);
      let { waiting, came } = known;
      if (isExpected && !came.includes(at)) {
        waiting = waiting.filter((each) => !isFollowed([at], each.at) || each.gid === gid);
        came = added(came, at, withinMs);
      }
      const follows = isExpected ? came.filter((time) => time !== at) : came;
      const isKnown = waiting.some((each) => each.gid === gid);
      if (isFirst && !isKnown && !isFollowed(follows, at)) {
        waiting = limited([...waiting, { gid, at, event: briefOf(event) }]);
      }
      const isSame = waiting === known.waiting && came === known.came;
      return { memory: isSame ? memory : { waiting, came }, matches: [] };
    },
    dueAt(memory) {
      const first = read(memory).waiting[0];
      return first === undefined ? undefined : decidedAt(first.at);
    },
    overdue(memory, watermark) {
      const known = read(memory);
      const isOverdue = ({ at }: Waiting) => decidedAt(at) <= watermark;
      const matches = known.waiting.filter(isOverdue).slice(0, MAX_DECIDED);
      if (matches.length === 0) return { memory, matches };
      return {
        memory: { ...known, waiting: known.waiting.filter((each) => !matches.includes(each)) },
        matches,
      };
    },
  };
}

/** A time between two that are no further apart than the window follows nothing that they do not. */
function added(times: readonly number[], at: number, withinMs: number): readonly number[] {
  const kept: number[] = [];
  const sorted = [...times, at].sort((a, b) => a - b);
  for (const [index, time] of sorted.entries()) {
    const before = kept.at(-1);
    const after = sorted[index + 1];
    const isNeedless = before !== undefined && after !== undefined && after - before <= withinMs;
    if (!isNeedless) kept.push(time);
  }
  return kept.slice(-MAX_CAME);
}

function limited(waiting: readonly Waiting[]): readonly Waiting[] {
  return waiting
    .toSorted((a, b) => a.at - b.at || (a.gid < b.gid ? -1 : 1))
    .slice(0, MAX_WAITING)
    .map((each, index) =>
      index < MAX_TOLD ? each : { ...each, event: { event_type: each.event.event_type ?? '' } },
    );
}
