// The deployment's configuration: what is taken, what is refused, and how it is said.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../cdk/config.ts';
import { configSchema, MAX_REDACT_PATHS_BYTES, WANTED } from '../../cdk/config-schema.ts';
import { ConfigurationError } from '../../lib/errors.ts';

const NOW = new Date('2026-11-01T12:00:00Z');
const load = (context: Record<string, unknown>) => loadConfig(context, NOW);
const withGid = (settings: Record<string, unknown>) =>
  load({ auditLog: { workspaceGid: '12', ...settings } });

function problemsOf(run: () => unknown): readonly string[] {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
}

describe('where settings come from', () => {
  it('fills in every default when only the workspace is given', () => {
    expect(load({ workspaceGid: '1200000000000001' })).toEqual({
      workspaces: [{ gid: '1200000000000001' }],
      warnings: [],
      customerManagedKey: false,
      stackName: 'AsanaAuditBus',
      slack: true,
      delivery: {
        slack: { minimumSeverity: 'info', newAlertsPerMinute: 30, routes: [] },
        sns: { minimumSeverity: 'info', newAlertsPerMinute: 30 },
      },
      digest: { enabled: true, hour: 7, timeZone: 'UTC' },
      pollIntervalSeconds: 60,
      startFrom: 'now',
      alertOnHistory: false,
      redactPaths: [],
      skipUnreadable: false,
      replayArchive: { enabled: true, days: 30 },
      logRetentionDays: 90,
      detections: {},
      emulator: false,
    });
  });

  it('takes a flag over the object of cdk.json', () => {
    const auditLog = { workspaceGid: '1', alertEmail: 'a@example.com', slack: false };
    const config = load({ auditLog, workspaceGid: '2', slack: 'true' });
    expect(config).toMatchObject({
      workspaces: [{ gid: '2' }],
      alertEmail: 'a@example.com',
      slack: true,
    });
  });

  it('lets a workspaceGid flag replace the workspaces of cdk.json', () => {
    const auditLog = { workspaces: [{ gid: '1', name: 'One' }] };
    expect(load({ auditLog, workspaceGid: '2' }).workspaces).toEqual([{ gid: '2' }]);
  });

  it('reads the text of flags by the type of their key', () => {
    const config = load({
      workspaceGid: '1, 2',
      pollIntervalSeconds: '15',
      alertOnHistory: 'false',
      redactPaths: 'actor.email,context.client_ip_address',
      replayArchive: '{"enabled":false}',
      delivery: '{"sns":{"minimumSeverity":"high"}}',
    });
    expect(config).toMatchObject({
      workspaces: [{ gid: '1' }, { gid: '2' }],
      pollIntervalSeconds: 15,
      alertOnHistory: false,
      redactPaths: ['actor.email', 'context.client_ip_address'],
      replayArchive: { enabled: false, days: 30 },
      delivery: { sns: { minimumSeverity: 'high' } },
    });
  });

  it('takes the whole object as the text of one flag', () => {
    expect(load({ auditLog: '{"workspaceGid":"7"}' }).workspaces).toEqual([{ gid: '7' }]);
  });

  it('leaves the context keys of other tools alone', () => {
    const others = { '@aws-cdk/core:x': true, 'aws:cdk:y': [], stack: 'x', 'hosted-zone': 1 };
    expect(problemsOf(() => load({ workspaceGid: '1', ...others }))).toEqual([]);
  });
});

describe('what is refused', () => {
  it('says what to type when no workspace is given', () => {
    const [problem, ...others] = problemsOf(() => load({}));
    expect(others).toEqual([]);
    expect(problem).toContain('-c workspaceGid=<gid>');
  });

  it('reports every problem at once, each with its key', () => {
    const problems = problemsOf(() =>
      load({
        auditLog: {
          workspaces: [{ gid: '1' }, { gid: '1' }],
          slak: true,
          alertOnHistory: 'false',
          startFrom: '2027-01-01T00:00:00Z',
          maxEventBytes: 10,
        },
        pollIntervalSeconds: '61',
        alertEmial: 'x@example.com',
      }),
    );
    const keys = problems.map((problem) => problem.split(':')[0]);
    expect(keys.toSorted()).toEqual([
      '-c alertEmial',
      '-c pollIntervalSeconds',
      'auditLog.alertOnHistory',
      'auditLog.maxEventBytes',
      'auditLog.slak',
      'auditLog.startFrom',
      'auditLog.workspaces',
    ]);
  });

  it.each([
    ['auditLog.alertEmial', { auditLog: { workspaceGid: '1', alertEmial: 'x' } }, 'alertEmail'],
    ['-c workspacegid', { workspacegid: '1' }, 'workspaceGid'],
    ['-c worksapceGid', { worksapceGid: '1' }, 'workspaceGid'],
    ['-c auditLog.slack', { workspaceGid: '1', 'auditLog.slack': 'false' }, 'slack'],
  ])('names the nearest setting for %s', (label, context, nearest) => {
    const problem = problemsOf(() => load(context)).find((text) => text.startsWith(`${label}:`));
    expect(problem).toContain(`did you mean ${nearest}?`);
  });

  it('refuses a route for a detection that there is not', () => {
    const routes = [
      { detections: ['asana.export.*', 'asana.export.organisation'], channel: 'C0DATATEAM1' },
      { detections: ['asana.nope.*'], channel: 'C0DATATEAM1' },
    ];
    const delivery = { slack: { channel: 'C0123456789', routes } };
    expect(
      problemsOf(() => load({ auditLog: { workspaceGid: '1', slack: true, delivery } })),
    ).toEqual([
      'auditLog.delivery.slack.routes.0.detections.1: given "asana.export.organisation"; there is no such detection: docs/detections.md names all',
      'auditLog.delivery.slack.routes.1.detections.0: given "asana.nope.*"; there is no such detection: docs/detections.md names all',
    ]);
  });

  it('refuses unknown keys inside lists and objects too', () => {
    const problems = problemsOf(() =>
      load({
        auditLog: { workspaces: [{ gid: '1', nmae: 'x' }] },
        delivery: '{"email":{},"sns":{"channel":"C0123456"}}',
        replayArchive: '{"day":3}',
      }),
    );
    expect(problems).toEqual([
      'auditLog.workspaces.0.nmae: there is no such setting; it may hold gid, name',
      '-c delivery.sns.channel: there is no such setting; it may hold minimumSeverity, newAlertsPerMinute',
      '-c delivery.email: there is no such setting; it may hold slack, sns',
      '-c replayArchive.day: there is no such setting; it may hold enabled, days',
    ]);
    const routes = [{ severities: ['high'], channel: 'C0123456', to: 1 }];
    expect(problemsOf(() => withGid({ delivery: { slack: { routes } } }))).toEqual([
      'auditLog.delivery.slack.routes.0.to: there is no such setting; it may hold severities, detections, channel',
    ]);
  });

  it.each([
    ['slack', 'false'],
    ['slack', 0],
    ['alertOnHistory', 'true'],
    ['pollIntervalSeconds', '60'],
    ['pollIntervalSeconds', 4],
    ['pollIntervalSeconds', 61],
    ['pollIntervalSeconds', 90],
    ['pollIntervalSeconds', 3660],
    ['pollIntervalSeconds', 7.5],
    ['startFrom', 'yesterday'],
    ['startFrom', '2026-13-01T00:00:00Z'],
    ['startFrom', '2026-10-01T00:00:00'],
    ['alertEmail', 'nobody'],
    ['redactPaths', ['gid']],
    ['redactPaths', ['a..b']],
    ['redactPaths', 'actor.email'],
    ['redactPaths', ['x'.repeat(MAX_REDACT_PATHS_BYTES)]],
    ['pageLimit', 0],
    ['pageLimit', 1001],
    ['asanaBaseUrl', 'http://example.com'],
    ['asanaBaseUrl', 'https://user:secret@example.com'],
    ['asanaBaseUrl', 'ftp://example.com'],
    ['maxEventBytes', 245_761],
    ['logRetentionDays', 45],
    ['replayArchive', true],
    ['stackName', 'default'],
    ['stackName', '1st'],
    ['stackName', 'x'.repeat(41)],
    ['account', 123456789012],
    ['region', 'Frankfurt'],
    ['runbookBaseUrl', 'http://example.com'],
    ['workspaces', []],
  ])('refuses %s: %j with one problem that names the key', (key, value) => {
    const settings =
      key === 'workspaces' ? { workspaces: value } : { workspaceGid: '1', [key]: value };
    const problems = problemsOf(() => load({ auditLog: settings }));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(new RegExp(`^auditLog\\.${key}(\\.\\d+)?: given `));
  });

  it('refuses a gid that JSON has already rounded, and takes one it has not', () => {
    expect(withGid({ workspaceGid: 1200000000000001 }).workspaces).toEqual([
      { gid: '1200000000000001' },
    ]);
    expect(
      problemsOf(() => withGid({ workspaceGid: JSON.parse('12345678901234567890') })),
    ).toHaveLength(1);
  });

  it('takes plain http for a loopback address only', () => {
    expect(withGid({ asanaBaseUrl: 'http://127.0.0.1:8080/api/1.0' }).asanaBaseUrl).toBe(
      'http://127.0.0.1:8080/api/1.0',
    );
  });

  it('repeats no credentials that an address holds', () => {
    const [problem] = problemsOf(() =>
      withGid({ asanaBaseUrl: 'https://user:hunter2@example.com' }),
    );
    expect(problem).not.toContain('hunter2');
  });

  it('has advice for every key, and advice for no key that is not one', () => {
    const keys = Object.keys(configSchema.shape);
    expect(
      Object.keys(WANTED)
        .filter((key) => !key.includes('.'))
        .toSorted(),
    ).toEqual(keys.toSorted());
  });

  it('answers anything at all with a configuration or a ConfigurationError that has a problem', () => {
    const key = fc.constantFrom(...Object.keys(configSchema.shape), 'auditLog', 'other');
    fc.assert(
      fc.property(fc.dictionary(key, fc.jsonValue()), (context) => {
        try {
          expect(load(context).workspaces.length).toBeGreaterThan(0);
        } catch (error) {
          if (!(error instanceof ConfigurationError)) throw error;
          expect(error.problems.length).toBeGreaterThan(0);
          for (const problem of error.problems) expect(problem).toMatch(/: \S/);
          expect(error.message).not.toMatch(/; undefined$|; Invalid/m);
        }
      }),
    );
  });
});

describe('startFrom', () => {
  it.each(['now', 'oldest'])('keeps %s', (startFrom) => {
    expect(withGid({ startFrom })).toMatchObject({ startFrom, warnings: [] });
  });

  it('turns a timestamp into UTC with milliseconds', () => {
    expect(withGid({ startFrom: '2026-10-01T02:00:00+02:00' }).startFrom).toBe(
      '2026-10-01T00:00:00.000Z',
    );
    expect(withGid({ startFrom: '2026-10-01' }).startFrom).toBe('2026-10-01T00:00:00.000Z');
  });

  it('means oldest, with a warning, beyond what Asana keeps', () => {
    const config = withGid({ startFrom: '2026-08-03T11:59:59Z' });
    expect(config.startFrom).toBe('oldest');
    expect(config.warnings).toEqual([expect.stringContaining('90 days')]);
    expect(withGid({ startFrom: '2026-08-03T12:00:01Z' }).warnings).toEqual([]);
  });

  it('must not lie in the future', () => {
    expect(problemsOf(() => withGid({ startFrom: '2026-11-01T12:00:01Z' }))[0]).toContain('future');
  });
});
