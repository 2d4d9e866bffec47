// The poll function's configuration and input: every problem at once, by name, with what was given.
import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../../lib/errors.ts';
import { loadPollConfig, parsePollTick } from '../../../lib/poller/config.ts';
import { resolveStart, startFromProblem } from '../../../lib/poller/start-from.ts';

const NOW = Date.parse('2026-10-05T12:00:00.000Z');
const NEEDED = {
  EVENT_BUS_NAME: 'bus',
  CHECKPOINT_TABLE_NAME: 'table',
  QUARANTINE_BUCKET_NAME: 'bucket',
};

function problemsOf(act: () => unknown): readonly string[] {
  try {
    act();
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
}

describe('loadPollConfig', () => {
  it('has a default for all that need not be set; an empty text counts as unset', () => {
    expect(loadPollConfig({ ...NEEDED, START_FROM: '', ASANA_PAGE_LIMIT: '' }, NOW)).toEqual({
      eventBusName: 'bus',
      checkpointTableName: 'table',
      quarantineBucketName: 'bucket',
      asanaBaseUrl: undefined,
      pageLimit: undefined,
      startFrom: 'now',
      pollIntervalSeconds: 60,
      redactPaths: ['details.saml_response'],
      maxEventBytes: 245_760,
      skipUnreadable: false,
    });
  });

  it('takes what is set', () => {
    const config = loadPollConfig(
      {
        ...NEEDED,
        ASANA_BASE_URL: 'http://127.0.0.1:8080/api/1.0',
        ASANA_PAGE_LIMIT: '100',
        START_FROM: '2026-09-01T00:00:00+02:00',
        POLL_INTERVAL_SECONDS: '5',
        REDACT_PATHS: '["actor.email"]',
        SKIP_UNREADABLE: 'true',
      },
      NOW,
    );
    expect(config).toMatchObject({
      pageLimit: 100,
      pollIntervalSeconds: 5,
      redactPaths: ['details.saml_response', 'actor.email'],
      skipUnreadable: true,
    });
  });

  it('names every problem at once, with what was given', () => {
    const problems = problemsOf(() =>
      loadPollConfig(
        {
          EVENT_BUS_NAME: 'bus',
          ASANA_BASE_URL: 'http://app.asana.com',
          ASANA_PAGE_LIMIT: 'ten',
          START_FROM: '2027-01-01T00:00:00Z',
          POLL_INTERVAL_SECONDS: '4',
          REDACT_PATHS: '["gid"]',
          MAX_EVENT_BYTES: '9999999999',
          SKIP_UNREADABLE: 'yes',
        },
        NOW,
      ),
    );
    const names = problems.map((problem) => problem.split(':')[0]);
    expect(names.toSorted()).toEqual([
      'ASANA_BASE_URL',
      'ASANA_PAGE_LIMIT',
      'CHECKPOINT_TABLE_NAME',
      'MAX_EVENT_BYTES',
      'POLL_INTERVAL_SECONDS',
      'QUARANTINE_BUCKET_NAME',
      'REDACT_PATHS',
      'SKIP_UNREADABLE',
      'START_FROM',
    ]);
    expect(problems.join('\n')).toContain('(given: "2027-01-01T00:00:00Z")');
    expect(problems.join('\n')).toContain('CHECKPOINT_TABLE_NAME: must be set (given: nothing)');
    expect(problems.join('\n')).toContain('lies in the future');
  });

  it.for(['{}', '[1]', 'actor.email', '["a b"]', '[""]'])(
    'refuses the paths %s',
    (REDACT_PATHS) => {
      expect(problemsOf(() => loadPollConfig({ ...NEEDED, REDACT_PATHS }, NOW))).toHaveLength(1);
    },
  );
});

describe('parsePollTick', () => {
  const tick = { workspaceGid: '1200000000000001', tokenSecretArn: 'arn' };

  it('reads the scheduled time, and bears its absence or a placeholder', () => {
    expect(parsePollTick({ ...tick, scheduledTime: '2026-10-05T12:00:00Z' }).scheduledTime).toBe(
      NOW,
    );
    for (const scheduledTime of [undefined, '<aws.scheduler.scheduled-time>', '']) {
      expect(parsePollTick({ ...tick, scheduledTime }).scheduledTime).toBeUndefined();
    }
  });

  it('names what is wrong with its input', () => {
    expect(problemsOf(() => parsePollTick({ workspaceGid: 'x' }))).toHaveLength(2);
    expect(problemsOf(() => parsePollTick(null))).toHaveLength(1);
    expect(problemsOf(() => parsePollTick({ ...tick, workspaceGid: '../1' }))).toHaveLength(1);
  });
});

describe('startFrom', () => {
  it('is now, a few minutes before; the oldest; or an instant', () => {
    const skewed = '2026-10-05T11:55:00.000Z';
    expect(resolveStart('now', NOW)).toEqual({ startAt: skewed, liveFrom: skewed });
    expect(resolveStart('oldest', NOW)).toEqual({ liveFrom: skewed });
    expect(resolveStart('2026-10-01T02:00:00+02:00', NOW)).toEqual({
      startAt: '2026-10-01T00:00:00.000Z',
      liveFrom: skewed,
      warning: undefined,
    });
    expect(resolveStart('2026-01-01T00:00:00Z', NOW).warning).toContain('90 days');
  });

  it.for([
    ['now', true],
    ['oldest', true],
    ['2026-10-05T12:00:00Z', true],
    ['2026-10-05T12:00:00.001Z', false],
    ['2026-10-05', false],
    ['2026-10-05T12:00:00', false],
    ['yesterday', false],
    ['NOW', false],
    ['2026-99-05T12:00:00Z', false],
    ['2026-09-31T12:00:00Z', false],
  ] as const)('%s', ([value, fine]) => {
    expect(startFromProblem(value, NOW) === undefined).toBe(fine);
  });
});
