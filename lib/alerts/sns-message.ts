// What an alert becomes on the SNS topic: a subject, an e-mail people can read, the alert's JSON for machines. Pure.
// https://docs.aws.amazon.com/sns/latest/api/API_Publish.html (256 KB a message, October 2026)
import type { Alert } from '../contract/alert.ts';
import { cleanText, cutText } from '../text.ts';
import { asanaLink } from './asana-link.ts';
import { alertWords, SEVERITY_WORDS, utc } from './words.ts';

export interface SnsMessage {
  /** ASCII, at most 99 characters, no control characters. */
  readonly subject: string;
  /** For `MessageStructure: json`: one text per protocol. */
  readonly message: string;
  /** For filter policies. */
  readonly attributes: Readonly<Record<'severity' | 'detectionId' | 'workspaceGid', string>>;
}

/** 262,144 bytes are the limit, attributes included; the rest is for those and the subject. */
const MAX_MESSAGE_BYTES = 250_000;
const MACHINE_PROTOCOLS = ['default', 'sqs', 'lambda', 'http', 'https', 'firehose'] as const;

export function snsMessage(alert: Alert): SnsMessage {
  return {
    subject: subjectOf(alert),
    message: structure(alert),
    attributes: {
      severity: alert.severity,
      detectionId: alert.detectionId,
      workspaceGid: alert.workspaceGid,
    },
  };
}

function subjectOf(alert: Alert): string {
  const text = `${SEVERITY_WORDS[alert.severity]}: ${alert.title} (${alert.entity.label})`;
  const ascii = cleanText(text.normalize('NFKD').replace(/\p{M}/gu, '')).replace(/[^ -~]+/g, '?');
  return ascii.length <= 99 ? ascii : `${ascii.slice(0, 96)}...`;
}

/** The whole alert where it fits; else without what Asana sent of the event; else its identity and its words. */
function structure(alert: Alert): string {
  const { actor: _a, resource: _r, context: _c, details: _d, ...bare } = alert;
  const core = {
    ...pick(alert, ['alertId', 'revision', 'detectionId', 'detectionVersion', 'severity']),
    ...pick(alert, ['status', 'workspaceGid', 'count', 'firstSeen', 'lastSeen', 'detectedAt']),
    ...pick(alert, ['eventGids', 'attack']),
    title: cutText(alert.title, 200),
    summary: cutText(alert.summary, 600),
  };
  const candidates = [alert, { ...bare, trimmed: true }, { ...core, trimmed: true }];
  const texts = candidates.map((each) => structured(alert, each));
  return texts.find((text) => Buffer.byteLength(text) <= MAX_MESSAGE_BYTES) ?? texts.at(-1) ?? '{}';
}

function pick(alert: Alert, names: ReadonlyArray<keyof Alert & string>): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, alert[name]]));
}

function structured(alert: Alert, forMachines: object): string {
  const json = JSON.stringify(forMachines);
  return JSON.stringify({
    ...Object.fromEntries(MACHINE_PROTOCOLS.map((protocol) => [protocol, json])),
    email: emailText(alert),
    sms: subjectOf(alert),
  });
}

/** Plain text. Everything from Asana is clean and cut by the time it is here; mail readers format nothing of it. */
function emailText(alert: Alert): string {
  const words = alertWords(alert);
  const facts: Array<readonly [string, string | undefined]> = [
    ['Who', words.who],
    ['What', words.what],
    ['From where', words.fromWhere],
    ['When', words.when],
    ['Found', `${words.late}, at ${utc(alert.detectedAt)}`],
    ['Old value', words.oldValue],
    ['New value', words.newValue],
    ['Events so far', alert.count > 1 ? String(alert.count) : undefined],
  ];
  const lines = [
    `${SEVERITY_WORDS[alert.severity]}: ${alert.title}`,
    '',
    cutText(cleanText(alert.summary), 1_000),
    '',
    ...facts.flatMap(([label, value]) => (value === undefined ? [] : [`${label}: ${value}`])),
    '',
    'What to do:',
    ...alert.triage.slice(0, 10).map((step, index) => `${index + 1}. ${cutText(step, 1_000)}`),
    '',
    `May be harmless when: ${cutText(alert.falsePositives, 1_000)}`,
    '',
    `In Asana: ${asanaLink(alert)}`,
    `About this detection: ${cutText(alert.runbookUrl, 2_000)}`,
    '',
    `Alert ${alert.alertId}, detection ${alert.detectionId} v${alert.detectionVersion}, workspace ${alert.workspaceGid}`,
    `Events ${alert.eventGids.join(', ')}`,
  ];
  return cutText(lines.join('\n'), 20_000);
}
