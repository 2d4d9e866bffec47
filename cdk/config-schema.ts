// The keys of the configuration: type, bounds, default, and what to tell a person who gave something else.
// Holds no rule between keys; those are in config.ts.
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import * as z from 'zod';
import { baseUrlProblem } from '../lib/asana/base-url.ts';
import { redactPathProblem } from '../lib/bus/redaction.ts';
import { SEVERITIES } from '../lib/contract/alert.ts';
import { deliverySchema, MAX_DELIVERY_BYTES } from '../lib/contract/delivery.ts';
import { isTimeZone } from '../lib/time-zone.ts';

/** Asana deletes audit log events after 90 days. */
export const RETENTION_DAYS = 90;
/** A Lambda's environment holds 4 KB in all; the paths get under half of it. */
export const MAX_REDACT_PATHS_BYTES = 1_800;
/** With four resources each, and 300 rules, the stack stays below CloudFormation's 500. */
export const MAX_WORKSPACES = 20;
/** 240 KB, so that every kind of rule target can take an event. */
const LARGEST_EVENT_BYTES = 240 * 1024;

const LOG_RETENTION_DAYS: readonly number[] = Object.values(RetentionDays).filter(
  (days): days is RetentionDays => typeof days === 'number' && days !== RetentionDays.INFINITE,
);

const gid = z.union([
  z.string().regex(/^\d{1,20}$/),
  // A JSON number is taken while all of its digits survive, which ends at 2^53.
  z.int().positive().transform(String),
]);
const oneOrMoreGids = z.union([
  gid.transform((one) => [one]),
  z.array(gid).min(1).max(MAX_WORKSPACES),
]);
const httpsUrl = (longest: number) => z.url({ protocol: /^https$/ }).max(longest);

/** A network of the deployment's own with one fixed address, or subnets that are there. */
const network = z.union([
  z.strictObject({ fixedAddress: z.literal(true) }),
  z.strictObject({
    subnetIds: z
      .array(z.string().regex(/^subnet-[0-9a-f]{8,17}$/))
      .min(1)
      .max(16),
    securityGroupIds: z
      .array(z.string().regex(/^sg-[0-9a-f]{8,17}$/))
      .min(1)
      .max(5),
  }),
]);
export type NetworkSettings = z.output<typeof network>;

/** zod's own check for a setting that a function checks as well, so that both say the same. */
const checked = (problem: (value: string) => string | undefined) =>
  z.string().superRefine((value, ctx) => {
    const found = problem(value);
    if (found !== undefined) ctx.addIssue({ code: 'custom', message: `this ${found}` });
  });

export const configSchema = z.object({
  workspaceGid: oneOrMoreGids.optional(),
  workspaces: z
    .array(
      z.strictObject({
        gid,
        name: z
          .string()
          .min(1)
          .max(64)
          .regex(/^[\w .&()-]+$/u)
          .optional(),
      }),
    )
    .min(1)
    .max(MAX_WORKSPACES)
    .optional(),
  stackName: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9-]{0,39}$/)
    .refine((name) => name.toLowerCase() !== 'default')
    .default('AsanaAuditBus'),
  account: z
    .string()
    .regex(/^\d{12}$/)
    .optional(),
  region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d$/)
    .optional(),
  alertEmail: z.email().max(254).optional(),
  slack: z.boolean().default(true),
  delivery: deliverySchema
    .refine((delivery) => Buffer.byteLength(JSON.stringify(delivery)) <= MAX_DELIVERY_BYTES, {
      message: `give at most ${MAX_DELIVERY_BYTES} bytes of delivery settings in all`,
    })
    .prefault({}),
  digest: z
    .strictObject({
      enabled: z.boolean().default(true),
      hour: z.int().min(0).max(23).default(7),
      timeZone: z.string().refine(isTimeZone).default('UTC'),
    })
    .prefault({}),
  pollIntervalSeconds: z
    .int()
    .refine((s) => (s >= 5 && s <= 60) || (s > 60 && s <= 3600 && s % 60 === 0))
    .default(60),
  startFrom: z
    .union([z.enum(['now', 'oldest']), z.iso.datetime({ offset: true }), z.iso.date()])
    .default('now'),
  alertOnHistory: z.boolean().default(false),
  alertWindowMinutes: z.int().min(1).max(1440).optional(),
  redactPaths: z
    .array(checked(redactPathProblem))
    .refine((paths) => Buffer.byteLength(JSON.stringify(paths)) <= MAX_REDACT_PATHS_BYTES, {
      message: `give at most ${MAX_REDACT_PATHS_BYTES} bytes of paths in all`,
    })
    .default([]),
  pageLimit: z.int().min(1).max(1000).optional(),
  asanaBaseUrl: checked(baseUrlProblem).max(512).optional(),
  maxEventBytes: z.int().min(4096).max(LARGEST_EVENT_BYTES).optional(),
  skipUnreadable: z.boolean().default(false),
  replayArchive: z
    .strictObject({
      enabled: z.boolean().default(true),
      days: z.int().min(1).max(3650).default(30),
    })
    .prefault({}),
  logRetentionDays: z
    .int()
    .refine((days) => LOG_RETENTION_DAYS.includes(days))
    .default(90),
  runbookBaseUrl: httpsUrl(512).optional(),
  // An alarm's description ends at 1,024 characters.
  alarmRunbookUrl: httpsUrl(256).optional(),
  // What a detection may hold depends on its kind and its lists: lib/detections/tuning/overrides.ts says what is wrong with it.
  detections: z.record(z.string(), z.unknown()).default({}),
  customerManagedKey: z.boolean().default(false),
  network: network.optional(),
  emulator: z.boolean().default(false),
});
export type Settings = z.output<typeof configSchema>;

const GID =
  'give the digits of the workspace\'s gid, the "Domain ID" in Asana\'s admin console, in quotes where it is JSON';
const SEVERITY = `give one of ${SEVERITIES.join(', ')}`;
const ALERTS = 'give a whole number from 1 to 1000';
const CHANNEL = "give a Slack channel's id, such as C0123456789, not its name";
const ROUTE =
  'give at most 20 objects such as { "severities": ["critical"], "channel": "C0123456789" }, each with severities or detections';
const YES_OR_NO = 'give true or false, without quotes where it is JSON';

/** What to give instead, by key; places inside a list go by the list's key. */
export const WANTED: Readonly<Record<string, string>> = {
  workspaceGid: `${GID}, or several, at most ${MAX_WORKSPACES}`,
  workspaces: `give a list of 1 to ${MAX_WORKSPACES} objects such as { "gid": "1200000000000001", "name": "Acme" }`,
  'workspaces.gid': GID,
  'workspaces.name': 'give 1 to 64 letters, digits, spaces and . _ & ( ) -',
  stackName:
    'give up to 40 letters, digits and hyphens that begin with a letter, and not "default"',
  account: "give an AWS account's 12 digits, in quotes where it is JSON",
  region: 'give an AWS region such as eu-central-1',
  alertEmail: 'give one e-mail address',
  slack: YES_OR_NO,
  delivery:
    'give an object such as { "slack": { "channel": "C0123456789" }, "sns": { "minimumSeverity": "high" } }',
  'delivery.slack': 'give an object such as { "channel": "C0123456789", "minimumSeverity": "low" }',
  'delivery.slack.minimumSeverity': SEVERITY,
  'delivery.slack.newAlertsPerMinute': ALERTS,
  'delivery.slack.channel': CHANNEL,
  'delivery.slack.routes': ROUTE,
  'delivery.slack.routes.severities': `give a list of ${SEVERITIES.join(', ')}`,
  'delivery.slack.routes.detections':
    'give a list of detection ids, or their beginnings such as "asana.export.*"',
  'delivery.slack.routes.channel': CHANNEL,
  'delivery.sns': 'give an object such as { "minimumSeverity": "high" }',
  'delivery.sns.minimumSeverity': SEVERITY,
  'delivery.sns.newAlertsPerMinute': ALERTS,
  digest: 'give an object such as { "enabled": true, "hour": 7, "timeZone": "Europe/Berlin" }',
  'digest.enabled': YES_OR_NO,
  'digest.hour': 'give a whole hour from 0 to 23',
  'digest.timeZone': 'give the IANA name of a time zone, such as UTC or Europe/Berlin',
  pollIntervalSeconds: 'give whole seconds from 5 to 60, or a multiple of 60 up to 3600',
  startFrom: 'give "now", "oldest" or a timestamp such as 2026-10-01T00:00:00Z',
  alertOnHistory: YES_OR_NO,
  alertWindowMinutes: 'give whole minutes from 1 to 1440',
  redactPaths: 'give a list of dotted paths below the event, such as ["actor.email"]',
  pageLimit: 'give a whole number from 1 to 1000',
  asanaBaseUrl: 'give an https address of at most 512 characters',
  maxEventBytes: `give whole bytes from 4096 to ${LARGEST_EVENT_BYTES}`,
  skipUnreadable: YES_OR_NO,
  replayArchive: 'give an object such as { "enabled": true, "days": 30 }',
  'replayArchive.enabled': YES_OR_NO,
  'replayArchive.days': 'give whole days from 1 to 3650',
  logRetentionDays: `give a retention CloudWatch Logs knows: ${LOG_RETENTION_DAYS.join(', ')}`,
  runbookBaseUrl: 'give an https address of at most 512 characters',
  alarmRunbookUrl: 'give an https address of at most 256 characters',
  detections:
    'give an object from detection ids to what changes, such as { "asana.data.team-made-public": { "status": "staged" } }',
  customerManagedKey: YES_OR_NO,
  network:
    'give { "fixedAddress": true }, or { "subnetIds": ["subnet-0a1b2c3d"], "securityGroupIds": ["sg-0a1b2c3d"] }',
  'network.subnetIds': 'give a list of 1 to 16 ids such as "subnet-0a1b2c3d"',
  'network.securityGroupIds': 'give a list of 1 to 5 ids such as "sg-0a1b2c3d"',
  emulator: YES_OR_NO,
};
