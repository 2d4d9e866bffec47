// Makes text safe for Slack: nothing that came from Asana may mention, link, format or forge anything.
// https://docs.slack.dev/messaging/formatting-message-text (October 2026)
import { shownText } from '../../text.ts';

const ZERO_WIDTH_SPACE = '\u200b';
/** Words Slack may turn into mentions, and the beginnings of what it may turn into links. */
const ACTIVE = /@(?=channel|here|everyone|group)|:(?=\/\/)|\bwww(?=\.)|\bmailto(?=:)/gi;

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
]);

export interface PlainText {
  readonly type: 'plain_text';
  readonly text: string;
  readonly emoji: false;
}
export interface Mrkdwn {
  readonly type: 'mrkdwn';
  readonly text: string;
  /** True: Slack makes no links or mentions of its own out of the text. */
  readonly verbatim: true;
}

/** Escaped text of at most `max` characters; never ends inside an escape or half a character. */
export function escapeWithin(text: string, max: number): string {
  let out = '';
  let lastFit = '';
  for (const character of text) {
    const next = out + (ENTITIES.get(character) ?? character);
    if (next.length > max) return `${lastFit}…`;
    if (next.length < max) lastFit = next;
    out = next;
  }
  return out;
}

/** Text from outside: clean, inert, escaped, at most `max` characters. */
export function inert(text: string, max: number): string {
  const disarmed = shownText(text, max).replace(ACTIVE, (found) => found + ZERO_WIDTH_SPACE);
  return escapeWithin(disarmed, max);
}

/**
 * The element for all that comes from Asana: Slack formats nothing in plain text, and `emoji: false` leaves `:bell:`
 * alone. It still decodes the three entities. `label` is ours. Empty texts, which Slack refuses, become a dash.
 */
export function plain(text: string, max: number, label = ''): PlainText {
  const body = inert(text, max - label.length) || '–';
  return { type: 'plain_text', text: label + body, emoji: false };
}

/** For text of our own that needs a link, a date or bold. Whatever comes in from outside must have passed `inert`. */
export function mrkdwn(text: string): Mrkdwn {
  return { type: 'mrkdwn', text, verbatim: true };
}

/** A link that stays alive. Undefined for what is no http(s) address. */
export function link(address: string, label: string): string | undefined {
  if (!URL.canParse(address)) return undefined;
  const { protocol, href } = new URL(address);
  if (protocol !== 'https:' && protocol !== 'http:') return undefined;
  const safe = href.replace(/[|<>]/g, encodeURIComponent).replaceAll('&', '&amp;');
  return safe.length > 2_000 ? undefined : `<${safe}|${label}>`;
}
