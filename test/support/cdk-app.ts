// Synthesizes the CDK app in this process, each time into a folder of its own that is gone when the template is read.
// The command line itself is exercised in test/cdk/synth.test.ts.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { AuditLogStack } from '../../cdk/audit-log-stack.ts';
import { loadConfig } from '../../cdk/config.ts';
import type { Detection } from '../../lib/detections/define.ts';

export const WORKSPACE_GID = '1200000000000001';
const SYNTH_TIME = new Date('2026-11-01T00:00:00Z');

export interface CfnResource {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: a template is JSON of any depth, and tests read it freely
  readonly Properties: any;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly DependsOn?: readonly string[];
}

export interface CfnTemplate {
  readonly Resources: Readonly<Record<string, CfnResource>>;
  readonly Outputs: Readonly<
    Record<string, { readonly Description?: string; readonly Value: unknown }>
  >;
}

export interface SynthOptions {
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly detections?: readonly Detection[];
}

/** The feature flags of cdk.json, so that tests see the stack people deploy. */
const cdkJson = JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8')) as {
  readonly context: Readonly<Record<string, unknown>>;
};

/** Runs `use` with an app that writes to a folder of its own. */
export function withApp<T>(use: (app: App) => T): T {
  const outdir = mkdtempSync(join(tmpdir(), 'audit-bus-synth-'));
  try {
    return use(new App({ outdir, context: { ...cdkJson.context }, analyticsReporting: false }));
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

export function addStack(
  app: App,
  { settings = {}, detections }: SynthOptions = {},
): AuditLogStack {
  const auditLog = { workspaceGid: WORKSPACE_GID, alertEmail: 'oncall@example.com', ...settings };
  const config = loadConfig({ auditLog }, SYNTH_TIME);
  return new AuditLogStack(app, config.stackName, {
    config,
    ...(detections === undefined ? {} : { detections }),
  });
}

export function synthesize(options: SynthOptions = {}): CfnTemplate {
  return withApp((app) => {
    const stack = addStack(app, options);
    return app.synth().getStackByName(stack.stackName).template as CfnTemplate;
  });
}

export interface NamedResource extends CfnResource {
  readonly id: string;
}

export function ofType(template: CfnTemplate, type: string): readonly NamedResource[] {
  return Object.entries(template.Resources)
    .filter(([, resource]) => resource.Type === type)
    .map(([id, resource]) => ({ id, ...resource }));
}

/** The resource that is the only one of its type whose logical id begins so. */
export function the(template: CfnTemplate, type: string, idPrefix = ''): NamedResource {
  const [first, ...others] = ofType(template, type).filter(({ id }) => id.startsWith(idPrefix));
  if (first === undefined || others.length > 0) {
    throw new Error(
      `${others.length + (first ? 1 : 0)} resources ${type} begin with "${idPrefix}"`,
    );
  }
  return first;
}

/** The logical id an intrinsic points at: `{ Ref }` or `{ 'Fn::GetAtt': [id, attribute] }`. */
export function target(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { Ref, 'Fn::GetAtt': att } = value as { Ref?: string; 'Fn::GetAtt'?: [string, string] };
  return Ref ?? att?.[0];
}

/** A value with every intrinsic replaced by text, joined, as CloudFormation would. */
export function rendered(value: unknown, replace: (logicalId: string) => string): string {
  if (typeof value === 'string') return value;
  const id = target(value);
  if (id !== undefined) return replace(id);
  const join = (value as { 'Fn::Join'?: [string, unknown[]] })['Fn::Join'];
  if (join !== undefined) return join[1].map((part) => rendered(part, replace)).join(join[0]);
  return JSON.stringify(value, (_key, inner) =>
    inner !== value && typeof inner === 'object' && inner !== null && isIntrinsic(inner)
      ? rendered(inner, replace)
      : inner,
  );
}

const isIntrinsic = (value: object): boolean => {
  const [only, ...others] = Object.keys(value);
  return others.length === 0 && (only === 'Ref' || only?.startsWith('Fn::') === true);
};

export function asArray<T>(value: T | readonly T[] | undefined): readonly T[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value as T];
}

/** The logical ids of all queues that something names as its dead-letter queue. */
export function deadLetterQueueIds(template: CfnTemplate): ReadonlySet<string> {
  const arns = [
    ...ofType(template, 'AWS::SQS::Queue').map(
      ({ Properties }) => Properties.RedrivePolicy?.deadLetterTargetArn,
    ),
    ...ofType(template, 'AWS::Events::Rule').flatMap(({ Properties }) =>
      Properties.Targets.map(
        (one: { DeadLetterConfig?: { Arn: unknown } }) => one.DeadLetterConfig?.Arn,
      ),
    ),
    ...ofType(template, 'AWS::Scheduler::Schedule').map(
      ({ Properties }) => Properties.Target.DeadLetterConfig?.Arn,
    ),
    ...ofType(template, 'AWS::SNS::Subscription').map(
      ({ Properties }) => Properties.RedrivePolicy?.deadLetterTargetArn,
    ),
  ];
  return new Set(arns.map(target).filter((id) => id !== undefined));
}
