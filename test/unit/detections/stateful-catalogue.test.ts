// The detections of the catalogue that keep a state, each on its own examples and on odd ones.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SEVERITIES } from '../../../lib/contract/alert.ts';
import type { AuditLogEvent } from '../../../lib/contract/bus-event.ts';
import { patternsOf, rulePattern } from '../../../lib/detections/definition/rule-pattern.ts';
import { Detector } from '../../../lib/detections/detector.ts';
import { validateEventPattern } from '../../../lib/detections/event-pattern.ts';
import { cleanText } from '../../../lib/text.ts';
import { busEvent } from '../../support/bus-events.ts';
import { openedBy, STATEFUL } from '../../support/stateful-detections.ts';
import { STATEFUL_LIST_CASES } from '../../support/stateful-list-cases.ts';

describe.each(STATEFUL.map((detection) => [detection.id, detection] as const))('%s', (_, it_) => {
  it('has a rule pattern EventBridge takes', () => {
    for (const alertOnHistory of [false, true]) {
      const pattern = rulePattern(it_, { alertOnHistory });
      validateEventPattern(pattern);
      expect(JSON.stringify(pattern).length).toBeLessThan(2_000);
    }
  });

  it.each(it_.examples.alerts.map((example, index) => [index, example] as const))(
    'alerts once on example %i',
    (_index, example) => {
      const alerts = openedBy(it_, example);
      expect(alerts).toHaveLength(1);
      const [alert] = alerts;
      expect(alert?.detectionId).toBe(it_.id);
      expect(alert?.summary).toMatch(/^\S.{20,}[.]$/);
      expect(alert?.summary).not.toContain('undefined');
      expect(alert?.entity.id).not.toBe('');
      expect(alert?.entity.label).not.toBe('');
    },
  );

  it.each(it_.examples.silent.map((example, index) => [index, example] as const))(
    'is silent on example %i',
    (_index, example) => {
      expect(openedBy(it_, example)).toEqual([]);
    },
  );

  it('pages nobody for history', () => {
    for (const example of it_.examples.alerts) {
      expect(openedBy(it_, example, { origin: 'backfill' })).toEqual([]);
    }
  });

  it('has words, a severity and an answer for whatever an event holds', () => {
    const lists = { ...it_.lists };
    const part = fc.oneof(fc.object({ maxDepth: 2 }), fc.anything());
    const conditions = it_.kind === 'sequence' ? it_.steps.map(({ when }) => when) : [it_.when];
    fc.assert(
      fc.property(part, part, part, part, part, (event_type, actor, resource, details, context) => {
        const event = { event_type, actor, resource, details, context } as AuditLogEvent;
        const summary = it_.summary(event, { count: 3, lists });
        expect(summary).toBe(cleanText(summary));
        expect(summary).not.toContain('undefined');
        expect(summary.length).toBeLessThan(1_000);
        for (const when of conditions) expect(when?.(event, lists) ?? true).toBeTypeOf('boolean');
        const severity = it_.severityOf?.(event, lists) ?? it_.severity;
        expect(SEVERITIES.indexOf(severity)).toBeLessThanOrEqual(SEVERITIES.indexOf(it_.severity));
      }),
      { numRuns: 50 },
    );
  });

  it('takes whatever an event holds', () => {
    const named = patternsOf(it_).flatMap((pattern) => pattern['detail-type']);
    const types = [...named.filter((type) => typeof type === 'string'), 'task_deleted'];
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            event_type: fc.constantFrom(...(types as string[])),
            actor: fc.anything(),
            resource: fc.anything(),
            details: fc.oneof(fc.anything(), fc.object({ key: fc.constantFrom('app_gid') })),
            context: fc.anything(),
          }),
          { minLength: 1, maxLength: 15 },
        ),
        (given) => {
          const detector = new Detector([it_], {
            alertOnHistory: true,
            windowMs: 3_600_000,
            runbookBaseUrl: 'https://example.com/detections.md',
          });
          const alerts = given.flatMap((parts, index) => {
            const event = {
              ...parts,
              gid: `${index}`,
              created_at: new Date(Date.parse('2026-10-05') + index * 60_000).toISOString(),
            } as AuditLogEvent;
            // What travels is JSON.
            return detector.observe(busEvent(JSON.parse(JSON.stringify(event)) as AuditLogEvent));
          });
          for (const { summary, entity } of [...alerts, ...detector.finish()]) {
            expect(summary).toBe(cleanText(summary));
            expect(entity.id).not.toBe('');
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('lists', () => {
  it.each(
    STATEFUL_LIST_CASES.map(
      (each, index) => [index, each.id, JSON.stringify(each.lists), each] as const,
    ),
  )('case %i: %s with %s', (_index, id, _lists, { lists, example, raises }) => {
    const detection = STATEFUL.find((each) => each.id === id);
    expect(Object.keys(detection?.lists ?? {})).toEqual(expect.arrayContaining(Object.keys(lists)));
    const alerts = openedBy(detection ?? [], example, { lists });
    expect(alerts.map(({ severity }) => severity)).toEqual(raises === undefined ? [] : [raises]);
  });

  it('each decides something in one of these cases, and its detection says what it is for', () => {
    for (const { id, lists = {}, falsePositives } of STATEFUL) {
      for (const name of Object.keys(lists)) {
        const cases = STATEFUL_LIST_CASES.filter((each) => each.id === id && name in each.lists);
        expect(cases, `${id} ${name}`).not.toEqual([]);
        expect(falsePositives, `${id} ${name}`).toContain(name);
      }
    }
  });
});

it('the examples show more than one severity wherever the event alone decides it', () => {
  const same = STATEFUL.filter(({ severityOf, lists }) => severityOf && lists === undefined)
    .filter((it_) => {
      const severities = it_.examples.alerts.flatMap((each) =>
        openedBy(it_, each).map(({ severity }) => severity),
      );
      return new Set(severities).size < 2;
    })
    .map(({ id }) => id);
  expect(same).toEqual([]);
});
