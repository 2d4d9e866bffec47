// What alerts become on the SNS topic: a subject, an e-mail people can read, the alert's JSON for machines. Pure.
// https://docs.aws.amazon.com/sns/latest/api/API_Publish.html (256 KB a message, October 2026)
import type { Alert } from '../../contract/alert.ts';
import { cleanText, cutText } from '../../text.ts';
import { asanaLink } from '../asana-link.ts';
import type { RollUp } from '../delivery/roll-up.ts';
import type { Notice } from '../delivery/sink-port.ts';
import type { Digest } from '../digest/digest.ts';
import { digestWords } from '../digest/words.ts';
import {
  alertWords,
  contextWords,
  lastsWords,
  rollUpWords,
  SEVERITY_WORDS,
  utc,
} from '../words.ts';

export interface SnsMessage {
  /** ASCII, at most 99 characters, no control characters. */
  readonly subject: string;
  /** For `MessageStructure: json`: one text per protocol. */
  readonly message: string;
  /** For filter policies. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** 262,144 bytes are the limit, attributes included; the rest is for those and the subject. */
const MAX_MESSAGE_BYTES = 250_000;
const MACHINE_PROTOCOLS = ['default', 'sqs', 'lambda', 'http', 'https', 'firehose'] as const;

export function snsMessage(notice: Notice): SnsMessage {
  const { alert, kind } = notice;
  return {
    subject: subjectOf(notice),
    message: structure(notice),
    attributes: {
      notice: kind,
      severity: alert.severity,
      detectionId: alert.detectionId,
      workspaceGid: alert.workspaceGid,
    },
  };
}

/** One message for the alerts of a minute that were too many to tell one by one. */
export function snsRollUp(rollUp: RollUp): SnsMessage {
  const { heading, counts, hint } = rollUpWords(rollUp);
  const shown = counts.slice(0, 100);
  const json = JSON.stringify({ rollUp });
  const subject = ascii(`Many alerts: ${heading}`);
  return {
    subject,
    message: perProtocol(
      json,
      [heading, '', ...shown.map((each) => cutText(cleanText(each), 300)), '', hint].join('\n'),
      subject,
    ),
    attributes: { notice: 'roll-up', severity: rollUp.byDetection[0]?.severity ?? 'info' },
  };
}

/** What a day was like. A quiet one is one line. */
export function snsDigest(digest: Digest): SnsMessage {
  const { heading, sections } = digestWords(digest);
  const subject = ascii(heading);
  const shown = { ...digest, byDetection: digest.byDetection.slice(0, 100) };
  const json = JSON.stringify({
    digest: {
      ...shown,
      staged: digest.staged.slice(0, 100),
      newTypes: digest.newTypes.slice(0, 100),
    },
  });
  const text = sections.flatMap(({ title, lines }) => ['', `${title}:`, ...lines.slice(0, 100)]);
  return {
    subject,
    message: perProtocol(json, cutText([heading, ...text].join('\n'), 20_000), subject),
    attributes: { notice: 'digest', severity: digest.bySeverity[0]?.severity ?? 'info' },
  };
}

function subjectOf({ kind, alert }: Notice): string {
  const over = kind === 'closed' ? 'Over: ' : '';
  return ascii(`${over}${SEVERITY_WORDS[alert.severity]}: ${alert.title} (${alert.entity.label})`);
}

/** As SNS takes a subject. */
function ascii(text: string): string {
  const clean = cleanText(text.normalize('NFKD').replace(/\p{M}/gu, '')).replace(/[^ -~]+/g, '?');
  return clean.length <= 99 ? clean : `${clean.slice(0, 96)}...`;
}

/** The whole alert where it fits; else without what Asana sent of the event; else its identity and its words. */
function structure(notice: Notice): string {
  const { alert } = notice;
  const { actor: _a, resource: _r, context: _c, details: _d, ...bare } = alert;
  const core = {
    ...pick(alert, ['alertId', 'revision', 'detectionId', 'detectionVersion', 'severity']),
    ...pick(alert, ['status', 'workspaceGid', 'count', 'firstSeen', 'lastSeen', 'detectedAt']),
    ...pick(alert, ['eventGids', 'attack']),
    title: cutText(alert.title, 200),
    summary: cutText(alert.summary, 600),
  };
  const candidates = [alert, { ...bare, trimmed: true }, { ...core, trimmed: true }];
  const texts = candidates.map((each) =>
    perProtocol(JSON.stringify(each), emailText(notice), subjectOf(notice)),
  );
  return texts.find((text) => Buffer.byteLength(text) <= MAX_MESSAGE_BYTES) ?? texts.at(-1) ?? '{}';
}

function pick(alert: Alert, names: ReadonlyArray<keyof Alert & string>): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, alert[name]]));
}

function perProtocol(json: string, email: string, sms: string): string {
  return JSON.stringify({
    ...Object.fromEntries(MACHINE_PROTOCOLS.map((protocol) => [protocol, json])),
    email,
    sms,
  });
}

/** Plain text. Everything from Asana is clean and cut by the time it is here; mail readers format nothing of it. */
function emailText({ kind, alert }: Notice): string {
  const words = alertWords(alert);
  const isOver = kind === 'closed';
  const facts: Array<readonly [string, string | undefined]> = [
    ['Who', words.who],
    ['What', words.what],
    ['From where', words.fromWhere],
    ['When', words.when],
    ['Found', `${words.late}, at ${utc(alert.detectedAt)}`],
    ['Old value', words.oldValue],
    ['New value', words.newValue],
    ['Events', alert.count > 1 ? lastsWords(alert) : undefined],
    ...(isOver ? contextWords(alert.contextSeen ?? []) : []).map((text) => ['Seen', text] as const),
  ];
  const lines = [
    `${isOver ? 'Over: ' : ''}${SEVERITY_WORDS[alert.severity]}: ${alert.title}`,
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
