// The quick way through a rule's pattern against the whole pattern, for each detection of the catalogue.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AuditLogEvent, BusEvent } from '../../../lib/contract/bus-event.ts';
import { CATALOGUE } from '../../../lib/detections/catalogue/index.ts';
import { eventsOf } from '../../../lib/detections/define.ts';
import { isOdd, ruleMatcher } from '../../../lib/detections/definition/rule-matcher.ts';
import { rulePattern } from '../../../lib/detections/definition/rule-pattern.ts';
import { compileEventPattern } from '../../../lib/detections/event-pattern.ts';
import { busEvent } from '../../support/bus-events.ts';

const EXAMPLES: readonly AuditLogEvent[] = CATALOGUE.flatMap(({ examples }) =>
  [...examples.alerts, ...examples.silent].flatMap(eventsOf),
);

/** Examples with parts exchanged, taken away, or put where the matcher would find them by a dotted name. */
const events: fc.Arbitrary<BusEvent> = fc
  .record({
    one: fc.constantFrom(...EXAMPLES),
    other: fc.constantFrom(...EXAMPLES),
    part: fc.constantFrom('actor', 'resource', 'details', 'context', 'event_type'),
    origin: fc.constantFrom('live' as const, 'backfill' as const),
    odd: fc.constantFrom('', '', '', 'replay', 'source', 'dotted', 'type', 'data'),
    anything: fc.anything(),
  })
  .map(({ one, other, part, origin, odd, anything }) => {
    const event = {
      ...busEvent({ ...one, [part]: odd === 'data' ? anything : other[part] } as AuditLogEvent, {
        origin,
      }),
    };
    if (odd === 'replay') return { ...event, 'replay-name': null } as unknown as BusEvent;
    if (odd === 'source') return { ...event, source: 'else' };
    if (odd === 'type') return { ...event, 'detail-type': String(other.event_type).toUpperCase() };
    if (odd !== 'dotted') return event;
    return {
      ...event,
      'detail.data': other,
      detail: { ...event.detail, 'data.details': other.details },
    } as BusEvent;
  });

describe.each(CATALOGUE.map((detection) => [detection.id, detection] as const))(
  '%s',
  (_, detection) => {
    it.each([true, false])(
      'has the answers of its rule, with history alerting: %s',
      (alertOnHistory) => {
        const { ofType } = ruleMatcher(detection, { alertOnHistory });
        const quick = (event: BusEvent) =>
          ofType(event['detail-type'])?.(event, isOdd(event)) ?? false;
        const whole = compileEventPattern(rulePattern(detection, { alertOnHistory }));
        for (const example of EXAMPLES)
          expect(quick(busEvent(example))).toBe(whole(busEvent(example)));
        fc.assert(
          fc.property(events, (event) => {
            expect(quick(event)).toBe(whole(event));
          }),
          { numRuns: 100 },
        );
      },
    );
  },
);
