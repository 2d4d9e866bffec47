// The gauge says what other thresholds would have raised: so it is held to what the engine then does raise.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ThresholdGauge } from '../../../lib/backtest/threshold-gauge.ts';
import type { ThresholdDetection } from '../../../lib/detections/define.ts';
import { Detector } from '../../../lib/detections/detector.ts';
import { busEvent } from '../../support/bus-events.ts';
import { testDetection } from '../../support/test-detection.ts';

const MINUTE = 60_000;
const START = Date.parse('2026-10-05T00:00:00.000Z');

interface Given {
  readonly minute: number;
  readonly who: number;
  readonly value: number;
}

function run(detection: ThresholdDetection, given: readonly Given[]) {
  const gauges: ThresholdGauge[] = [];
  const detector = new Detector([detection], {
    alertOnHistory: true,
    windowMs: 60 * MINUTE,
    runbookBaseUrl: 'https://example.com',
    onlooker({ window }) {
      const gauge = new ThresholdGauge(detection, window.windowMs);
      gauges.push(gauge);
      return (placed) => gauge.see(placed);
    },
  });
  let opened = 0;
  const sorted = given.toSorted((a, b) => a.minute - b.minute);
  for (const [index, { minute, who, value }] of sorted.entries()) {
    const event = {
      gid: `e${String(index).padStart(5, '0')}`,
      created_at: new Date(START + minute * MINUTE).toISOString(),
      event_type: 'user_login_failed',
      actor: { actor_type: 'user', gid: `u${who}` },
      context: { client_ip_address: `v${value}` },
    };
    opened += detector.observe(busEvent(event)).filter(({ revision }) => revision === 1).length;
  }
  const [gauge] = gauges as [ThresholdGauge];
  return { opened, report: gauge.report(0) };
}

const given = fc.array(
  fc.record({
    minute: fc.integer({ min: 0, max: 300 }),
    who: fc.integer({ min: 1, max: 3 }),
    value: fc.integer({ min: 1, max: 5 }),
  }),
  { maxLength: 120 },
);
const distinct = { by: ['context.client_ip_address'], missing: 'skip' } as const;

it.each([
  ['events', {}],
  ['values', { distinct }],
])(
  'counting %s, the threshold it gives for one alert a week raises at most one, and one less raises more',
  (_, more) => {
    fc.assert(
      fc.property(given, (events) => {
        const detection = (atLeast: number) =>
          testDetection({ kind: 'threshold', atLeast, ...more });
        const { forOneAWeek = 0 } = run(detection(5), events).report;
        expect(forOneAWeek).toBeGreaterThanOrEqual(2);
        expect(run(detection(forOneAWeek), events).opened).toBeLessThanOrEqual(1);
        if (forOneAWeek > 2)
          expect(run(detection(forOneAWeek - 1), events).opened).toBeGreaterThan(1);
      }),
      { numRuns: 60 },
    );
  },
);

it('says what groups had within the window, over the windows with anything in them', () => {
  const burst = (who: number, minute: number, count: number) =>
    Array.from({ length: count }, () => ({ who, minute, value: 1 }));
  const events = [1, 2, 3, 4, 5, 6, 7, 8, 9].flatMap((hour) => burst(1, hour * 60, 1));
  const { report } = run(testDetection({ kind: 'threshold', atLeast: 5 }), [
    ...events,
    ...burst(2, 30, 7),
  ]);
  expect(report).toMatchObject({
    atLeast: 5,
    within: '15m',
    windows: 10,
    p50: 1,
    p95: 7,
    p99: 7,
    max: 7,
    forOneAWeek: 2,
  });
});
