// Text that would do harm where it were taken for more than text, and how each place it is shown in would betray that.
import type { Random } from '../../lib/local/simulator/random.ts';

/** Stands in every hostile text, so that it is found wherever it comes out. */
export const MARK = 'HoStIlE';

const ESCAPE = '\u001b';
const TEXTS = [
  `<!channel> ${MARK}`,
  `<!here|${MARK}>`,
  `<@U012AB3CD> ${MARK}`,
  `<https://evil.example|${MARK}>`,
  `*${MARK}* _${MARK}_ ~${MARK}~ \`${MARK}\``,
  `@channel @here @everyone ${MARK}`,
  `https://evil.example/${MARK} www.evil.example mailto:${MARK}@evil.example`,
  `&lt;!channel&gt; &amp; ${MARK}`,
  `${ESCAPE}[2J${ESCAPE}[31m${MARK}${ESCAPE}]0;title\u0007`,
  `\u009b31m${MARK}`,
  `${MARK}\r\nFORGED: line\n\nFORGED`,
  `${MARK}\u2028FORGED\u2029FORGED\u0085FORGED`,
  `\u202e${MARK}\u2066\u200b\u00ad\ufeff`,
  `${MARK}\u0000\u0001\u007f`,
  `=cmd|'/c calc'!A1${MARK}`,
  `+${MARK}`,
  `-2+3+${MARK}`,
  `@SUM(${MARK})`,
  `"}],"text":"${MARK}`,
  `\ud800${MARK}\udfff`,
  `${MARK}${'é'.repeat(3_000)}`,
  `:rotating_light: ${MARK} :bell:`,
  `<aws.events.event.json> \${${MARK}} {{${MARK}}}`,
  `<script>alert('${MARK}')</script>`,
  `Subject: ${MARK}\nBcc: everybody@evil.example`,
];

function hostileText(random: Random): string {
  return random.pick(TEXTS);
}

/** Every text in an event but what the feed reads; those stay, so that it is not refused but told. */
export function withHostileTexts(value: unknown, random: Random, path = ''): unknown {
  if (typeof value === 'string') {
    return KEPT.test(path) ? value : random.next() < 0.85 ? hostileText(random) : value;
  }
  if (Array.isArray(value)) return value.map((each) => withHostileTexts(each, random, path));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [
      name,
      withHostileTexts(each, random, path === '' ? name : `${path}.${name}`),
    ]),
  );
}

/** Without these no detection would look at the event. */
const KEPT = /^(gid|created_at|event_type|details\.new_value)$/;
/** Controls (line breaks aside), escapes, bidi marks and what shows nothing. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

interface Element {
  readonly type?: string;
  readonly text?: unknown;
  readonly emoji?: unknown;
  readonly [name: string]: unknown;
}

/** @returns what Slack would take for more than text */
export function slackProblems(message: {
  readonly text?: unknown;
  readonly blocks?: unknown;
}): string[] {
  const problems: string[] = [];
  const look = (element: Element): void => {
    if (typeof element.text === 'string') {
      const text = element.text;
      if (element.type === 'mrkdwn' && text.includes(MARK)) problems.push(`mrkdwn: ${text}`);
      if (element.type === 'plain_text' && element.emoji !== false)
        problems.push('emoji in plain text');
      problems.push(...inertText(text.replaceAll('\n', ' '), element.type !== 'mrkdwn'));
    }
    for (const each of Object.values(element)) {
      if (typeof each === 'object' && each !== null) look(each as Element);
    }
  };
  look({ blocks: message.blocks });
  problems.push(...inertText(String(message.text), true));
  return problems;
}

function inertText(text: string, isPlain: boolean): string[] {
  const problems: string[] = [];
  if (isPlain && /[<>]/.test(text)) problems.push(`an angle bracket: ${text.slice(0, 80)}`);
  if (/@(channel|here|everyone)\b/.test(text)) problems.push(`a mention: ${text.slice(0, 80)}`);
  // The zero-width space is ours: it keeps mentions and links asleep.
  if (UNSEEN.test(text.replaceAll('\u200b', '')))
    problems.push(`unseen characters: ${JSON.stringify(text.slice(0, 80))}`);
  if (isPlain && /:\/\/|www\.evil/.test(text)) problems.push(`a link: ${text.slice(0, 80)}`);
  if (!text.isWellFormed()) problems.push('half a character');
  return problems;
}

/** @returns what a mail reader, a subscriber's filter or SNS itself would take wrong */
export function snsProblems(published: {
  readonly subject: string;
  readonly message: string;
  readonly attributes: Readonly<Record<string, string>>;
}): string[] {
  const problems: string[] = [];
  const { subject, message, attributes } = published;
  if (!/^[ -~]{1,99}$/.test(subject)) problems.push(`subject: ${JSON.stringify(subject)}`);
  const { email, sms } = JSON.parse(message) as { email: string; sms: string };
  for (const line of email.split('\n')) {
    if (/^\W*(FORGED|Bcc:)/.test(line)) problems.push(`a forged line: ${line}`);
    if (UNSEEN.test(line)) problems.push(`unseen characters in the mail: ${JSON.stringify(line)}`);
  }
  if (UNSEEN.test(sms))
    problems.push(`unseen characters in the text message: ${JSON.stringify(sms)}`);
  if (Buffer.byteLength(message) > 262_144) problems.push('over 256 KB');
  const entries = Object.entries(attributes);
  if (entries.length > 10) problems.push(`${entries.length} attributes`);
  for (const [name, value] of entries) {
    if (!/^[\w.-]{1,256}$/.test(name) || value === '') problems.push(`attribute ${name}`);
    if (value.includes(MARK)) problems.push(`attribute ${name} holds text from Asana`);
  }
  return problems;
}

/** @returns what a terminal would do with it beside showing it */
export function terminalProblems(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => UNSEEN.test(line) || /^\W*FORGED/.test(line))
    .map((line) => `the terminal obeys ${JSON.stringify(line.slice(0, 120))}`);
}
