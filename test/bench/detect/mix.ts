// A history for the `detect` benchmark: the simulator's daily life, with one of its attacks now and then. However long, it is
// as dense: the same workspace over more days.
import { closeSync, openSync, writeSync } from 'node:fs';
import { ATTACKS } from '../../../lib/local/simulator/attacks.ts';
import type { TimedEvent } from '../../../lib/local/simulator/compose.ts';
import { dailyLife } from '../../../lib/local/simulator/daily-life.ts';

const START = Date.parse('2026-08-01T00:00:00Z');
/** 100,000 events in 90 days. */
const MEAN_GAP_MS = (90 * 86_400_000) / 100_000;
/** Quiet events from one attack to the next: a workspace is attacked rarely, the figures are to hold alerts all the same. */
const ATTACK_EVERY = 2_000;
const BATCH = 5_000;

/** Writes a file of JSON lines with so many events, in the order of their time. */
export function writeMix(path: string, events: number): void {
  const file = openSync(path, 'w');
  try {
    let lines: string[] = [];
    for (const event of mix(events)) {
      lines.push(`${JSON.stringify(event)}\n`);
      if (lines.length < BATCH) continue;
      writeSync(file, lines.join(''));
      lines = [];
    }
    writeSync(file, lines.join(''));
  } finally {
    closeSync(file);
  }
}

function* mix(events: number): Generator<TimedEvent> {
  const steps: TimedEvent[] = [];
  let written = 0;
  let quiet = 0;
  for (const event of dailyLife({ seed: 1, start: START, meanGapMs: MEAN_GAP_MS })) {
    if (quiet % ATTACK_EVERY === 0) {
      const attack = ATTACKS[(quiet / ATTACK_EVERY) % ATTACKS.length];
      steps.push(...(attack?.events(Date.parse(event.created_at)) ?? []));
      steps.sort((a, b) => (a.created_at < b.created_at ? -1 : 1));
    }
    quiet += 1;
    for (let step = steps[0]; step !== undefined; step = steps[0]) {
      if (step.created_at > event.created_at) break;
      if (written++ === events) return;
      yield step;
      steps.shift();
    }
    if (written++ === events) return;
    yield event;
  }
}
