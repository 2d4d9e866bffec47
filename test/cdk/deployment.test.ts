// The app as a whole: nag, two deployments side by side, the emulator's switch, and the command line itself.
// Runs the real `cdk synth`, without credentials, into folders of its own.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Stack, Validations } from 'aws-cdk-lib';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { afterAll, describe, expect, it } from 'vitest';
import { EMULATOR_OMISSIONS } from '../../cdk/emulator-omissions.ts';
import { addNagChecks } from '../../cdk/nag.ts';
import { addStack, ofType, synthesize, withApp } from '../support/cdk-app.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

interface PackReport {
  readonly pluginName: string;
  readonly conclusion: string;
  readonly violations: readonly unknown[];
  readonly suppressedViolations: readonly { readonly ruleName: string }[];
}

/** What the packs say of a stack, once `change` has had its way with it. Throws the report when they find something. */
function nagReports(
  change: (stack: Stack) => void = () => {},
  settings: Readonly<Record<string, unknown>> = {},
): readonly PackReport[] {
  return withApp((app) => {
    addNagChecks(app);
    change(addStack(app, { settings }));
    app.synth();
    const report = readFileSync(join(app.outdir, 'validation-report.json'), 'utf8');
    return JSON.parse(report).pluginReports;
  });
}

describe('nag', () => {
  it.each([
    {},
    { customerManagedKey: true, network: { fixedAddress: true } },
    { network: { subnetIds: ['subnet-0a1b2c3d'], securityGroupIds: ['sg-0a1b2c3d'] } },
  ])('finds nothing that is not acknowledged, in both packs, with %j', (settings) => {
    const reports = nagReports(undefined, settings);
    expect(
      reports.map(({ pluginName, conclusion, violations }) => [pluginName, conclusion, violations]),
    ).toEqual([
      ['AwsSolutions', 'success', []],
      ['Serverless', 'success', []],
    ]);
  });

  it('finds what is there: a queue without TLS or dead letters fails both packs', () => {
    const bare = () => nagReports((stack) => new Queue(stack, 'Bare'));
    expect(bare).toThrow('AwsSolutions-SQS4');
    expect(bare).toThrow('Serverless-SQSRedrivePolicy');
  });

  it('has these findings acknowledged and no others', () => {
    const rules = nagReports().flatMap(({ suppressedViolations }) =>
      suppressedViolations.map(({ ruleName }) => ruleName),
    );
    expect([...new Set(rules)].toSorted()).toEqual([
      'AwsSolutions-IAM5[Resource::*]',
      expect.stringMatching(
        /^AwsSolutions-IAM5\[Resource::<PollerQuarantine\w+\.Arn>\/quarantine\/\*\]$/,
      ),
      'AwsSolutions-S1',
      'AwsSolutions-SMG4',
      'AwsSolutions-SQS3',
      'Serverless-LambdaAsyncFailureDestination',
      'Serverless-LambdaDLQ',
      'Serverless-LambdaEventSourceMappingDestination',
      'Serverless-SQSRedrivePolicy',
    ]);
  });

  it('has a sentence as the reason of every acknowledged finding, and none for a whole stack', () => {
    withApp((app) => {
      const stack = addStack(app);
      const acknowledged = stack.node
        .findAll()
        .flatMap((construct) =>
          construct.node.metadata
            .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
            .map(({ data }) => ({ path: construct.node.path, rules: data })),
        );
      expect(acknowledged.length).toBeGreaterThan(5);
      expect(acknowledged.map(({ path }) => path)).not.toContain(stack.node.path);
      for (const { path, rules } of acknowledged) {
        for (const reason of Object.values(rules as Record<string, string>)) {
          expect([path, reason]).toEqual([path, expect.stringMatching(/^[A-Z].{30,}/)]);
        }
      }
    });
  });
});

describe('warnings', () => {
  const warningsOf = (settings: Readonly<Record<string, unknown>>) =>
    withApp((app) =>
      addStack(app, { settings })
        .node.findAll()
        .flatMap(({ node }) => node.metadata)
        .filter(({ type }) => type === 'aws:cdk:warning')
        .map(({ data }) => data),
    );

  it('are there for a start beyond what Asana keeps, and for nothing else', () => {
    expect(warningsOf({ startFrom: '2020-01-01T00:00:00Z' })).toEqual([
      expect.stringContaining('older than the 90 days Asana keeps'),
    ]);
    expect(warningsOf({ startFrom: 'oldest' })).toEqual([]);
  });
});

describe('two deployments', () => {
  it('fit in one account and region: no name is in both', () => {
    withApp((app) => {
      const names = ['AsanaAuditBus', 'AsanaAuditBusTest'].map((stackName) => {
        const stack = addStack(app, { settings: { stackName } });
        return { stackName, artifact: stack.artifactId };
      });
      const assembly = app.synth();
      const [first = [], second = []] = names.map(({ artifact }) =>
        physicalNames(assembly.getStackArtifact(artifact).template.Resources),
      );
      expect(first.length).toBeGreaterThan(5);
      expect(first.filter((name) => second.includes(name))).toEqual([]);
    });
  });

  it('fit in it from separate runs of the app as well', () => {
    const [first = [], second = []] = ['One', 'Two'].map((stackName) =>
      physicalNames(synthesize({ settings: { stackName } }).Resources),
    );
    expect(first.filter((name) => second.includes(name))).toEqual([]);
  });

  it('share nothing but the names of rules, which are unique on their bus alone', () => {
    const template = synthesize();
    for (const { Properties } of ofType(template, 'AWS::Events::Rule')) {
      expect(Properties.EventBusName).toEqual({
        Ref: ofType(template, 'AWS::Events::EventBus')[0]?.id,
      });
    }
  });
});

/** Every name a resource asks for that must be unique in its account and region. */
function physicalNames(resources: Record<string, { Type: string; Properties?: object }>): string[] {
  return Object.values(resources)
    .filter(({ Type }) => Type !== 'AWS::Events::Rule' && Type !== 'AWS::IAM::Policy')
    .flatMap(({ Type, Properties = {} }) =>
      Object.entries(Properties)
        .filter(([key, value]) => /^(\w+)?Name$/.test(key) && typeof value === 'string')
        .filter(
          ([key]) =>
            !['MetricName', 'DeliverySourceName', 'DisplayName', 'ScheduleGroupName'].includes(key),
        )
        .map(([key, value]) => `${Type} ${key} ${value}`),
    );
}

describe('the emulator switch', () => {
  const full = synthesize();
  const emulated = synthesize({ settings: { emulator: true } });
  const omitted: readonly string[] = Object.values(EMULATOR_OMISSIONS).flatMap(
    ({ types }) => types,
  );
  const ids = (resources: object) => Object.keys(resources).toSorted();

  it('leaves out every resource of the listed types, which are all in the full stack', () => {
    const types = Object.values(full.Resources).map(({ Type }) => Type);
    expect(omitted.filter((type) => !types.includes(type))).toEqual([]);
    const emulatedTypes = Object.values(emulated.Resources).map(({ Type }) => Type);
    expect(emulatedTypes.filter((type) => omitted.includes(type))).toEqual([]);
  });

  it('changes nothing else but the log group and policy that served the omitted delivery', () => {
    const expected = Object.fromEntries(
      Object.entries(full.Resources).filter(
        ([id, { Type }]) => !omitted.includes(Type) && !id.startsWith('BusErrorLog'),
      ),
    );
    expect(ids(emulated.Resources)).toEqual(ids(expected));
    expect(emulated.Resources).toEqual(expected);
  });

  it('lists no bus, rule, queue, function, table, schedule, topic or secret, and gives reasons', () => {
    expect(
      omitted.filter((type) =>
        /EventBus$|Rule|Queue|Function|Table|Schedule|Topic|Secret/.test(type),
      ),
    ).toEqual([]);
    for (const { reason } of Object.values(EMULATOR_OMISSIONS)) {
      expect(reason.length).toBeGreaterThan(20);
    }
  });
});

describe('cdk synth', () => {
  const outdirs: string[] = [];
  afterAll(() => {
    for (const outdir of outdirs) rmSync(outdir, { recursive: true });
  });

  function synth(...flags: string[]) {
    const outdir = mkdtempSync(join(tmpdir(), 'audit-bus-cli-'));
    outdirs.push(outdir);
    const environment = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_')),
    );
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [
        join(ROOT, 'node_modules/aws-cdk/bin/cdk'),
        'synth',
        '--quiet',
        '--output',
        outdir,
        ...flags,
      ],
      {
        cwd: ROOT,
        encoding: 'utf8',
        // No credentials, no instance metadata, no home folder with either, and no registry asked about newer versions.
        env: {
          ...environment,
          PATH: `${dirname(process.execPath)}:${environment['PATH'] ?? ''}`,
          HOME: outdir,
          AWS_EC2_METADATA_DISABLED: 'true',
          CDK_DISABLE_VERSION_CHECK: '1',
        },
      },
    );
    return { status, stdout, stderr, outdir };
  }

  it('needs no credentials, looks nothing up, and writes one stack for any account and region', () => {
    const { status, stderr, outdir } = synth('-c', 'workspaceGid=1200000000000001');
    expect([status, status === 0 ? '' : stderr]).toEqual([0, '']);
    const manifest = JSON.parse(readFileSync(join(outdir, 'manifest.json'), 'utf8'));
    expect(manifest.missing ?? []).toEqual([]);
    expect(manifest.artifacts.AsanaAuditBus.environment).toBe(
      'aws://unknown-account/unknown-region',
    );
    expect(existsSync(join(outdir, 'AsanaAuditBus.template.json'))).toBe(true);
  });

  it('says what to type when no workspace is given, without a stack trace', () => {
    const { status, stderr } = synth();
    expect(status).not.toBe(0);
    expect(stderr).toContain('-c workspaceGid=<gid>');
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it('reports the problems of flags and object together', () => {
    const { status, stderr } = synth(
      ...['-c', 'workspaceGid=abc', '-c', 'slack=maybe', '-c', 'auditLog={"pageLimt":5}'],
    );
    expect(status).not.toBe(0);
    for (const text of ['-c workspaceGid', '-c slack', 'did you mean pageLimit?']) {
      expect(stderr).toContain(text);
    }
  });
});
