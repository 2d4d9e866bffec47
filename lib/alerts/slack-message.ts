// The Slack message of an alert: Block Kit for people at 3 a.m., and a text for the notification. Pure.
// Limits: 50 blocks, header 150, section 3,000, field 2,000 and 10 of them, context 10 elements (docs.slack.dev, 2026).
import type { Alert } from '../contract/alert.ts';
import { asanaLink } from './asana-link.ts';
import { inert, link, type Mrkdwn, mrkdwn, type PlainText, plain } from './slack-text.ts';
import { alertWords, SEVERITY_WORDS, utc } from './words.ts';

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

export function slackMessage(alert: Alert): SlackMessage {
  const heading = `${SEVERITY_WORDS[alert.severity]}: ${alert.title}`;
  const links = [
    link(asanaLink(alert), 'Open in Asana'),
    link(alert.runbookUrl, 'All steps and background'),
  ].filter((each) => each !== undefined);
  return {
    text: inert(`${heading}. ${alert.summary}`, 800),
    mrkdwn: false,
    unfurl_links: false,
    unfurl_media: false,
    blocks: [
      { type: 'header', text: plain(`${SIGNS[alert.severity]} ${heading}`, 150) },
      { type: 'section', text: plain(alert.summary, 1_000) },
      { type: 'section', fields: fields(alert) },
      { type: 'section', text: steps(alert) },
      ...(links.length > 0
        ? [{ type: 'section' as const, text: mrkdwn(links.join('  ·  ')) }]
        : []),
      { type: 'context', elements: [plain(ids(alert), 600)] },
    ],
  };
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
  const found = `${words.late}, at ${utc(alert.detectedAt)}${alert.count > 1 ? `; ${alert.count} events so far` : ''}`;
  return [...given.slice(0, 3), when(alert), plain(found, FIELD, 'Found\n'), ...given.slice(3)];
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
  const lines = shown.map((step, index) => `${index + 1}. ${inert(step, 1_200)}`);
  return { type: 'plain_text', text: ['What to do first', ...lines].join('\n'), emoji: false };
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
