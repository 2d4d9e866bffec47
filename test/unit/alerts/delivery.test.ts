import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countByDetection } from '../../../lib/alerts/delivery/roll-up.ts';
import { channelOf, isSevereEnough } from '../../../lib/alerts/delivery/rules.ts';
import { contextOf, freshContext } from '../../../lib/alerts/life/context.ts';
import { parseSlackSecret } from '../../../lib/alerts/slack/secret.ts';
import type { ContextValue } from '../../../lib/contract/alert.ts';
import type { AuditLogEvent } from '../../../lib/contract/bus-event.ts';
import { deliverySchema } from '../../../lib/contract/delivery.ts';

describe('delivery settings', () => {
  it('have defaults, and refuse what a function could not use', () => {
    expect(deliverySchema.parse({})).toEqual({
      slack: { minimumSeverity: 'info', newAlertsPerMinute: 30, routes: [] },
      sns: { minimumSeverity: 'info', newAlertsPerMinute: 30 },
    });
    for (const slack of [
      { channel: '#alerts' },
      { minimumSeverity: 'urgent' },
      { newAlertsPerMinute: 0 },
      { routes: [{ channel: 'C0000000001' }] },
      { routes: [{ severities: ['high'] }] },
      { unknown: 1 },
    ]) {
      expect([slack, deliverySchema.safeParse({ slack }).success]).toEqual([slack, false]);
    }
  });

  it('say which severity is enough and where an alert goes', () => {
    expect(isSevereEnough('high', 'medium')).toBe(true);
    expect(isSevereEnough('high', 'high')).toBe(true);
    expect(isSevereEnough('low', 'medium')).toBe(false);
    const routes = [{ severities: ['high' as const], detections: ['asana.a.b'], channel: 'C1' }];
    const alert = { severity: 'high' as const, detectionId: 'asana.a.b' };
    expect(channelOf(alert, { channel: 'C0', routes })).toBe('C1');
    expect(channelOf({ ...alert, severity: 'low' }, { channel: 'C0', routes })).toBe('C0');
    expect(channelOf({ ...alert, detectionId: 'asana.a.bc' }, { channel: undefined, routes })).toBe(
      undefined,
    );
  });
});

describe('the Slack secret', () => {
  it.each([
    ['https://hooks.slack.com/services/x', 'webhook'],
    ['{"url":"https://hooks.slack.com/services/x"}', 'webhook'],
    [' xoxb-1-2 \n', 'bot'],
    ['{"botToken":"xoxb-1-2"}', 'bot'],
    ['xoxe.xoxb-1', 'bot'],
    ['xoxp-1', 'none'],
    ['xapp-1', 'none'],
    ['{"botToken":5}', 'none'],
    ['http://example.com/', 'none'],
    ['', 'none'],
  ])('%j is a %s', (secret, kind) => {
    expect(parseSlackSecret(secret).kind).toBe(kind);
  });

  it('never repeats what it was given', () => {
    for (const secret of ['xoxp-secret', 'secret', 'http://secret.example/']) {
      expect(JSON.stringify(parseSlackSecret(secret))).not.toContain('secret.');
      expect(JSON.stringify(parseSlackSecret(secret))).not.toContain('xoxp-secret');
    }
  });
});

describe('context', () => {
  it('is what stands in the event, clean, with names for people', () => {
    expect(
      contextOf({
        actor: { gid: '1', name: 'Eve\u202e' },
        resource: { gid: '2', name: null },
        context: { client_ip_address: '192.0.2.1', user_agent: '', oauth_app_name: ['x'] },
      }),
    ).toEqual([
      { field: 'context.client_ip_address', value: '192.0.2.1' },
      { field: 'resource.gid', value: '2' },
      { field: 'actor.gid', value: '1', label: 'Eve' },
    ]);
  });

  it('never throws, and keeps at most five values of a field, each once', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ context: fc.anything(), actor: fc.anything() })),
        (events) => {
          let seen: ContextValue[] = [];
          for (const event of events)
            seen = [...seen, ...freshContext(seen, contextOf(event as AuditLogEvent))];
          for (const field of new Set(seen.map((each) => each.field))) {
            const values = seen.filter((each) => each.field === field).map(({ value }) => value);
            expect(values.length).toBeLessThanOrEqual(5);
            expect(new Set(values).size).toBe(values.length);
            expect(values.every((value) => value.length <= 120)).toBe(true);
          }
        },
      ),
    );
  });
});

it('a roll-up counts by detection, the most severe first, and loses none', () => {
  const severity = fc.constantFrom('info' as const, 'high' as const, 'critical' as const);
  const alert = fc.record({
    detectionId: fc.constantFrom('a', 'b', 'c'),
    title: fc.string(),
    severity,
  });
  fc.assert(
    fc.property(fc.array(alert), (alerts) => {
      const counted = countByDetection(alerts);
      expect(counted.reduce((sum, { count }) => sum + count, 0)).toBe(alerts.length);
      expect(new Set(counted.map(({ detectionId }) => detectionId)).size).toBe(counted.length);
      const order = ['critical', 'high', 'info'];
      const ranks = counted.map((each) => order.indexOf(each.severity));
      expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
    }),
  );
});
