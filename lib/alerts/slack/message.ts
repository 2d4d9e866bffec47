// The Slack messages of alerts: Block Kit for people at 3 a.m., and a text for the notification. Pure.
// Limits: 50 blocks, header 150, section 3,000, field 2,000 and 10 of them, context 10 elements (docs.slack.dev, 2026).
import type { Alert, ContextValue } from '../../contract/alert.ts';
import { asanaLink } from '../asana-link.ts';
import type { AlarmNotice } from '../delivery/read-alarm.ts';
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
import { inert, link, type Mrkdwn, mrkdwn, type PlainText, plain } from './safe-text.ts';

type Block =
  | { readonly type: 'header'; readonly text: PlainText }
  | { readonly type: 'section'; readonly text: PlainText | Mrkdwn }
  | { readonly type: 'section'; readonly fields: ReadonlyArray<PlainText | Mrkdwn> }
  | { readonly type: 'context'; readonly elements: readonly PlainText[] };

export interface SlackMessage {
  /** Shown in notifications and by clients without blocks. */
  readonly text: string;
  /** False: Slack formats nothing in `text`. */
  readonly mrkdwn: false;
  readonly unfurl_links: false;
  readonly unfurl_media: false;
  readonly blocks: readonly Block[];
}

const SIGNS = { info: '⚪', low: '🔵', medium: '🟡', high: '🟠', critical: '🔴' } as const;
const FIELD = 400;
/** Steps shown; the detection's page has them all. */
const SHOWN_STEPS = 2;
/** 10 times 250 characters, and a heading of 200, stay below a section's 3,000. */
const MAX_LINES = 10;
const MAX_LINE = 250;

/** An alert as it opens and goes on, or, once it is closed, what came of it. */
export function slackMessage({ kind, alert }: Notice): SlackMessage {
  const isOver = kind === 'closed';
  const severity = `${SEVERITY_WORDS[alert.severity]}: ${alert.title}`;
  const heading = isOver ? `Over: ${severity}` : severity;
  const lasts = alert.count > 1 ? `${lastsWords(alert)}. ` : '';
  const seen = isOver ? contextWords(alert.contextSeen ?? []) : [];
  const links = [
    link(asanaLink(alert), 'Open in Asana'),
    link(alert.runbookUrl, 'All steps and background'),
  ].filter((each) => each !== undefined);
  return message(`${heading}. ${isOver ? lasts : ''}${alert.summary}`, [
    { type: 'header', text: plain(`${SIGNS[alert.severity]} ${heading}`, 150) },
    { type: 'section', text: plain(`${isOver ? lasts : ''}${alert.summary}`, 1_000) },
    { type: 'section', fields: fields(alert) },
    ...(seen.length > 0 ? [{ type: 'section' as const, text: lines('Seen in all', seen) }] : []),
    ...(isOver ? [] : [{ type: 'section' as const, text: steps(alert) }]),
    ...(links.length > 0 ? [{ type: 'section' as const, text: mrkdwn(links.join('  ·  ')) }] : []),
    { type: 'context', elements: [plain(ids(alert), 600)] },
  ]);
}

/** What an alert has seen that its message did not tell, for the message's thread. */
export function contextMessage(alert: Alert, values: readonly ContextValue[]): SlackMessage {
  const shown = contextWords(values);
  return message(`New in ${alert.title}: ${shown.join(', ')}`, [
    { type: 'section', text: lines(`New, ${lastsWords(alert)}`, shown) },
  ]);
}

/** An alarm of the deployment itself, about alerts that another sink does not take. */
export function alarmMessage({ name, description, state, reason }: AlarmNotice): SlackMessage {
  const heading = `${state === 'ALARM' ? '🔔' : '✅'} ${state}: ${name}`;
  const [what = '', page = ''] = description.split(' Runbook: ');
  const runbook = link(page, 'Runbook');
  return message(heading, [
    { type: 'header', text: plain(heading, 150) },
    { type: 'section', text: plain(what, 1_500) },
    { type: 'context', elements: [plain(reason, 600)] },
    ...(runbook ? [{ type: 'section' as const, text: mrkdwn(runbook) }] : []),
  ]);
}

/** One message for the alerts of a minute that were too many to tell one by one. */
export function rollUpMessage(rollUp: RollUp): SlackMessage {
  const { heading, counts, hint } = rollUpWords(rollUp);
  return message(heading, [
    { type: 'header', text: plain(`🌊 ${heading}`, 150) },
    { type: 'section', text: lines('By detection', counts) },
    { type: 'context', elements: [plain(hint, 600)] },
  ]);
}

/** What a day was like. A quiet one is one line. */
export function digestMessage(digest: Digest): SlackMessage {
  const { heading, sections } = digestWords(digest);
  const parts = sections.map(({ title, lines: texts }) => ({
    type: 'section' as const,
    text: lines(title, texts),
  }));
  const head: Block =
    parts.length === 0
      ? { type: 'section', text: plain(heading, 1_000) }
      : { type: 'header', text: plain(heading, 150) };
  return message(heading, [head, ...parts]);
}

function message(text: string, blocks: readonly Block[]): SlackMessage {
  return {
    text: inert(text, 800),
    mrkdwn: false,
    unfurl_links: false,
    unfurl_media: false,
    blocks,
  };
}

/** A heading of ours and lines from outside, within a section's 3,000 characters. */
function lines(heading: string, texts: readonly string[]): PlainText {
  const shown = texts.slice(0, MAX_LINES).map((text) => inert(text, MAX_LINE));
  const more = texts.length - shown.length;
  const rest = more > 0 ? [`and ${more} more`] : [];
  const text = [inert(heading, 200), ...shown, ...rest].join('\n');
  return { type: 'plain_text', text, emoji: false };
}

function fields(alert: Alert): Array<PlainText | Mrkdwn> {
  const words = alertWords(alert);
  const values: Array<readonly [string, string | undefined]> = [
    ['Who', words.who],
    ['What', words.what],
    ['From where', words.fromWhere ?? 'Asana did not say'],
    ['Old value', words.oldValue],
    ['New value', words.newValue],
  ];
  const given = values.flatMap(([label, value]) =>
    value === undefined ? [] : [plain(value, FIELD, `${label}\n`)],
  );
  const found = `${words.late}, at ${utc(alert.detectedAt)}`;
  const events = `${alert.count} so far, the last at ${utc(alert.lastSeen)}`;
  return [
    ...given.slice(0, 3),
    when(alert),
    plain(found, FIELD, 'Found\n'),
    ...(alert.count > 1 ? [plain(events, FIELD, 'Events\n')] : []),
    ...given.slice(3),
  ];
}

/** Slack writes the date in each reader's own zone; the fallback and the second line are UTC. */
function when(alert: Alert): Mrkdwn {
  const seconds = Math.floor(Date.parse(alert.firstSeen) / 1_000);
  const inUtc = inert(utc(alert.firstSeen), 40);
  if (!Number.isFinite(seconds)) return mrkdwn(`When\n${inUtc}`);
  return mrkdwn(
    `When\n<!date^${seconds}^{date_short_pretty} {time}|${inUtc}> (your time)\n${inUtc}`,
  );
}

function steps(alert: Alert): PlainText {
  const shown = alert.triage.slice(0, SHOWN_STEPS);
  const numbered = shown.map((step, index) => `${index + 1}. ${inert(step, 1_200)}`);
  return { type: 'plain_text', text: ['What to do first', ...numbered].join('\n'), emoji: false };
}

function ids(alert: Alert): string {
  return [
    `Alert ${alert.alertId}`,
    `detection ${alert.detectionId} v${alert.detectionVersion}`,
    `ATT&CK ${alert.attack.join(', ')}`,
    `workspace ${alert.workspaceGid}`,
    `entity ${alert.entity.type} ${alert.entity.id}`,
    `event ${alert.eventGids[0] ?? 'unknown'}`,
  ].join(' · ');
}
