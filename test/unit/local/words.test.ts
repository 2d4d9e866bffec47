import pc from 'picocolors';
import { describe, expect, test } from 'vitest';
import type { Alert } from '../../../lib/contract/alert.ts';
import type { RunOptions } from '../../../lib/local/options.ts';
import { alertBlock, progressLine, summaryLine } from '../../../lib/local/show.ts';
import {
  errorWords,
  failureWords,
  heldWords,
  openingWords,
  troubleWords,
} from '../../../lib/local/words.ts';

const plain = pc.createColors(false);
const colored = pc.createColors(true);
const options: RunOptions = {
  source: { kind: 'generated', seed: undefined },
  once: false,
  json: false,
  dataFolder: '.local',
  startFrom: 'oldest',
  pollIntervalSeconds: 5,
  slackWebhookUrl: undefined,
  configFile: undefined,
};
const hostile = 'a\u001b[31mb\u202ec\r\nd\u0007';
const alert: Alert = {
  alertId: 'id',
  revision: 1,
  detectionId: 'asana.policy.saml-weakened',
  detectionVersion: 1,
  title: 'SAML no longer required',
  summary: `${hostile} changed it.`,
  severity: 'high',
  status: 'active',
  workspaceGid: '1',
  entity: { type: 'workspace', id: '1', label: hostile },
  count: 1,
  firstSeen: '2026-10-01T08:00:00.000Z',
  lastSeen: '2026-10-01T08:00:00.000Z',
  detectedAt: '2026-10-01T11:20:00.000Z',
  eventGids: ['5'],
  eventType: 'workspace_saml_settings_changed',
  actor: { actor_type: 'user', name: hostile },
  resource: { resource_type: 'workspace', name: 'Acme' },
  context: { context_type: 'web', client_ip_address: '192.0.2.1', user_agent: hostile },
  details: { old_value: 'required', new_value: 'optional' },
  attack: ['T1556'],
  triage: ['Call them.', 'Then the other thing.'],
  falsePositives: 'none',
  runbookUrl: 'https://example.com',
};

describe('an alert', () => {
  test('says severity, who, what, from where, when, and what to do first', () => {
    const block = alertBlock(alert, plain);
    for (const part of [
      'HIGH',
      'SAML no longer required',
      'Acme',
      'required → optional',
      '192.0.2.1',
      '2026-10-01 08:00:00 UTC',
      '3 hours 20 minutes later',
      'Call them.',
      'asana.policy.saml-weakened',
      '5',
    ]) {
      expect(block).toContain(part);
    }
    expect(block).not.toContain('Then the other thing.');
  });

  test('lets no text from Asana move the cursor or break a line', () => {
    const block = alertBlock(alert, plain);
    expect(block).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u);
    expect(alertBlock({ ...alert, summary: 'x' }, plain).split('\n')).toHaveLength(
      block.split('\n').length,
    );
  });

  test('is coloured only where colours are wanted', () => {
    expect(alertBlock(alert, colored)).toContain('\u001b[31m');
    expect(alertBlock(alert, plain)).not.toContain('\u001b');
  });
});

test('the opening says what is polled, where data lie and how to stop', () => {
  const words = openingWords(options, `a workspace ${hostile}`, plain);
  expect(words).toMatch(/^asana-audit-bus polls a workspace .*every 5 s/);
  expect(words).toContain('.local');
  expect(words).toContain('Ctrl-C');
  expect(words).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u);
  expect(openingWords({ ...options, once: true }, 'x', plain)).toContain('once, until caught up');
});

test('progress and summary count in words a person reads', () => {
  const line = progressLine(0, 1, 1204, '2026-10-01T08:00:00Z', plain);
  expect(line).toMatch(/1 event on the bus \(1,204 in this run, up to 2026-10-01T08:00:00Z\)/);
  const figures = { fetched: 3, published: 1, duplicates: 2, quarantined: 0, alerts: 1, pages: 1 };
  expect(summaryLine(figures, plain)).toBe(
    '3 events fetched in 1 page, 1 published, 2 known already, 1 alert',
  );
});

test('ends and trouble say the reason, what to do, and that nothing is lost', () => {
  const end = { end: 'failed', code: 'asana.unauthorized', message: `refused ${hostile}` } as const;
  expect(failureWords(end)).toMatch(/refused .*ASANA_ACCESS_TOKEN.*Nothing is lost/);
  expect(troubleWords({ code: 'asana.timeout', message: 'slow' }, 60)).toMatch(/slow.*60 s/);
  expect(troubleWords(undefined, 60)).toMatch(/again/);
  expect(heldWords('.local', { pid: 7, startedAt: '2026-10-01T08:00:00.000Z' })).toMatch(
    /process 7, started 2026-10-01T08:00:00.000Z/,
  );
  expect(heldWords('.local', undefined)).toContain('another run');
  for (const words of [failureWords(end), errorWords(new Error(hostile))]) {
    expect(words).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  }
});
