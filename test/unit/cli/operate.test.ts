// The pure parts of the operators' commands: what doctor makes of what it read, whose tail a name is, what a tail shows.
import { describe, expect, it } from 'vitest';
import { readNotice } from '../../../lib/alerts/delivery/read-notice.ts';
import { printable } from '../../../lib/cli/dlq/view.ts';
import { notMade } from '../../../lib/cli/doctor/finding.ts';
import {
  judgeAlarms,
  judgePolling,
  judgeRules,
  judgeSlack,
  judgeStack,
  judgeTopic,
} from '../../../lib/cli/doctor/judge.ts';
import { testAlert, testEntry } from '../../../lib/cli/doctor/test-alert.ts';
import { endOf } from '../../../lib/cli/tail/aws-tail.ts';
import { admits, type TailFilter } from '../../../lib/cli/tail/filter.ts';
import { wordLine } from '../../../lib/cli/tail/show.ts';
import { spanWords } from '../../../lib/cli/terminal/span-words.ts';
import { RecentGids } from '../../../lib/poller/recent-gids.ts';

const NOW = Date.parse('2026-11-28T12:00:00Z');
const ago = (ms: number) => new Date(NOW - ms).toISOString();

describe('doctor', () => {
  const polled = (since: number, more: object = {}) => ({
    version: 1,
    checkpoint: {
      ...{ workspaceGid: '1', mode: 'offset' as const, page: 1 },
      ...{ liveFrom: ago(9e9), lastPolledAt: ago(since), ...more },
    },
  });

  it.each([
    [polled(60_000), true, 'ok'],
    [polled(31 * 60_000), true, 'failure'],
    [polled(31 * 60_000), false, 'warning'],
    [{ ...polled(31 * 60_000), leaseUntil: NOW + 1_000 }, true, 'warning'],
    [polled(60_000, { refusal: 'asana.forbidden' }), true, 'failure'],
    [polled(31 * 60_000, { notBefore: ago(-60_000) }), true, 'warning'],
    [undefined, true, 'warning'],
  ])('judges polling %#', (stored, running, outcome) => {
    expect(judgePolling('1', stored, NOW, running).outcome).toBe(outcome);
  });

  it('judges a stack by its status, rules, alarms, topics and the Slack secret', () => {
    const outcomes = (status: string) => judgeStack('S', status).outcome;
    expect(outcomes('UPDATE_COMPLETE')).toBe('ok');
    expect(outcomes('UPDATE_IN_PROGRESS')).toBe('warning');
    expect(outcomes('UPDATE_ROLLBACK_COMPLETE')).toBe('failure');
    expect(judgeRules([], [])[0]?.outcome).toBe('failure');
    expect(judgeAlarms([], [])[0]?.outcome).toBe('failure');
    expect(judgeTopic('alerts', { confirmed: 0, pending: 0 }).outcome).toBe('warning');
    expect(judgeTopic('alerts', { confirmed: 1, pending: 1 }).outcome).toBe('warning');
    expect(judgeSlack({ kind: 'none', problem: 'x' }, false).outcome).toBe('warning');
    expect(judgeSlack({ kind: 'none', problem: 'x' }, true).outcome).toBe('failure');
  });

  it('takes what could not be looked at for a warning, whatever was thrown', () => {
    for (const thrown of [new Error('a\u001b[2Jb'), 'text', undefined]) {
      const { outcome, todo } = notMade(thrown);
      expect([outcome, todo]).not.toContain('\u001b');
      expect(outcome).toBe('warning');
    }
  });

  it('sends a test that a notifier takes for an alert, of the least severity', () => {
    const { source, detailType, detail } = testEntry(testAlert('mara', 'test-1', NOW));
    const body = `{"source":"${source}","detail-type":"${detailType}","detail":${detail}}`;
    expect(readNotice(body)).toMatchObject({
      ...{ kind: 'opened', alert: { severity: 'info', status: 'active', test: true } },
    });
  });
});

describe('status', () => {
  it('knows when there may be more than it remembers', () => {
    const gids = new RecentGids();
    for (let index = 0; index < 1_000; index++) gids.add(`${index}`, index);
    expect(gids.countSince(0)).toEqual({ count: 1_000, complete: false });
    expect(gids.countSince(1)).toEqual({ count: 999, complete: true });
    expect(new RecentGids([['1', 5]]).countSince(0)).toEqual({ count: 1, complete: true });
  });

  it.each([
    [-5, '0 s'],
    [59_999, '59 s'],
    [3_600_000, '1 h'],
    [2 * 3_600_000 + 300_000, '2 h 5 min'],
    [86_400_000 * 3, '3 d'],
  ])('%i ms are %s', (ms, words) => {
    expect(spanWords(ms)).toBe(words);
  });
});

describe('tail', () => {
  it('knows a tail by its name alone', () => {
    expect(endOf('audit-tail-1700000000-0a1b2c3d')).toBe(1_700_000_000_000);
    for (const name of ['audit-tail-mine', 'audit-tail-1700000000-0a1b2c3d-2', 'x']) {
      expect(endOf(name)).toBeUndefined();
    }
  });

  const none: TailFilter = { sources: [], types: [], detections: [], actors: [] };
  const alert = {
    source: 'asana.audit-log.alerts',
    'detail-type': 'Alert Opened',
    detail: { data: { severity: 'high', detectionId: 'asana.export.all', title: 'T\u001b[31m' } },
  };

  it.each([
    [{}, true],
    [{ severity: 'high' as const }, true],
    [{ severity: 'critical' as const }, false],
    [{ detections: ['asana.export.*'] }, true],
    [{ detections: ['asana.login.*'] }, false],
    [{ sources: ['asana.audit-log'] }, false],
    [{ types: ['Alert Closed'] }, false],
    [{ actors: ['1'] }, false],
  ])('filters %j', (filter, shown) => {
    expect(admits({ ...none, ...filter }, alert)).toBe(shown);
  });

  it('shows hostile text inert', () => {
    const plain = new Proxy({}, { get: () => (text: string) => text }) as never;
    expect(wordLine(alert, plain)).not.toContain('\u001b');
  });
});

describe('dlq', () => {
  it('shows JSON as the same JSON, inert', () => {
    const body = '{"n":12345678901234567890,"name":"a\u0085b\u202ec\u001b[2J"}';
    const shown = printable(body.replace('\u001b', '\\u001b'));
    for (const each of ['\u001b', '\u0085', '\u202e']) expect(shown).not.toContain(each);
    expect(shown).toContain('12345678901234567890');
    expect(JSON.parse(shown)).toMatchObject({ name: 'a\u0085b\u202ec\u001b[2J' });
    expect(printable('no\u001b[2J JSON')).toBe('no [2J JSON\n');
  });
});
