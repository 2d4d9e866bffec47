import { describe, expect, it } from 'vitest';
import {
  everyRevisionPattern,
  openedAndClosedPattern,
} from '../../../lib/alerts/delivery/sink-patterns.ts';
import {
  compileEventPattern,
  validateEventPattern,
} from '../../../lib/detections/event-pattern.ts';

const opened = {
  source: 'asana.audit-log.alerts',
  'detail-type': 'Alert Opened',
  detail: { data: { status: 'active' } },
};

describe.each([
  ['openedAndClosedPattern', openedAndClosedPattern, false],
  ['everyRevisionPattern', everyRevisionPattern, true],
])('%s', (_, pattern, takesUpdates) => {
  const matches = compileEventPattern(pattern);

  it('takes active alerts, none from a replay, and updates only where they can be shown', () => {
    validateEventPattern(pattern);
    expect(matches(opened)).toBe(true);
    expect(matches({ ...opened, 'detail-type': 'Alert Updated' })).toBe(takesUpdates);
    expect(matches({ ...opened, detail: { data: { status: 'staged' } } })).toBe(false);
    expect(matches({ ...opened, detail: { data: { status: 'suppressed' } } })).toBe(false);
    expect(matches({ ...opened, source: 'asana.audit-log' })).toBe(false);
    expect(matches({ ...opened, 'replay-name': 'x' })).toBe(false);
  });
});
