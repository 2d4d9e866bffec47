// The lists that configuration fills in, and the severities that depend on the event.
import { describe, expect, it } from 'vitest';
import { busEvent } from '../../support/bus-events.ts';
import { LIST_CASES } from '../../support/list-cases.ts';
import { alertsOn, detectionById, MATCHES, severityOf } from '../../support/match-detections.ts';

describe('lists', () => {
  it.each(
    LIST_CASES.map((each, index) => [index, each.id, JSON.stringify(each.lists), each] as const),
  )('case %i: %s with %s', (_index, id, _lists, { lists, event, raises }) => {
    const detection = detectionById(id);
    const known = Object.keys(detection.lists ?? {});
    for (const name of Object.keys(lists)) expect(known).toContain(name);
    expect(alertsOn(detection, busEvent(event), lists)).toBe(raises !== undefined);
    if (raises !== undefined) expect(severityOf(detection, event, lists)).toBe(raises);
  });

  it('each decides something in one of these cases, and its detection says what it is for', () => {
    for (const { id, lists = {}, falsePositives } of MATCHES) {
      for (const name of Object.keys(lists)) {
        const cases = LIST_CASES.filter((each) => each.id === id && name in each.lists);
        expect(cases, `${id} ${name}`).not.toEqual([]);
        expect(falsePositives.includes(name) || name === 'admins', `${id} ${name}`).toBe(true);
      }
    }
  });
});
