// Dead letters for a terminal and as JSON lines. Pure; whatever they hold is cleaned.
import { utc } from '../../alerts/words.ts';
import { parseLossless } from '../../asana/lossless-json.ts';
import { cleanText } from '../../text.ts';
import type { Terminal } from '../terminal/command.ts';
import { table } from '../terminal/table.ts';
import type { Done } from './act.ts';
import { attributeLines, type DeadLetterStore, type Letter, whatOf, whyOf } from './letter.ts';
import { partsOf, type Quarantined } from './quarantine-room.ts';

type Ways = Pick<DeadLetterStore, 'noWayBack'>;

export function jsonLetter(letter: Letter, store: Ways, more: object = {}): string {
  const { queue, id, receives, attributes, sentAt } = letter;
  const note = store.noWayBack(letter);
  return `${JSON.stringify({
    ...{ kind: 'dead-letter', queue, id, what: whatOf(letter), why: whyOf(letter), attributes },
    ...{ sentAt: new Date(sentAt).toISOString(), receives, redrivable: note === undefined, note },
    ...more,
  })}\n`;
}

export function lettersTable(
  letters: readonly Letter[],
  store: Ways,
  { colors }: Pick<Terminal, 'colors'>,
): string {
  return table(
    letters,
    [
      { title: 'QUEUE', cell: ({ queue }) => queue },
      { title: 'SINCE', cell: ({ sentAt }) => utc(new Date(sentAt).toISOString()) },
      { title: 'WHAT', cell: whatOf },
      { title: 'WHY', cell: whyOf },
      {
        title: 'WAY BACK',
        cell: (letter) => (store.noWayBack(letter) === undefined ? 'yes' : 'no'),
      },
      { title: 'ID', cell: ({ id }) => id },
    ],
    colors.dim,
  );
}

/** Where an event went that cannot be recognised: by a hash in place of its gid (lib/bus/quarantine.ts). */
const NO_GID = /^sha256-/;

function whyQuarantined({ key, bytes }: Quarantined): string {
  return NO_GID.test(partsOf(key).gid)
    ? 'it has no gid that can be one'
    : `${bytes} bytes: too large, too deep, or refused by EventBridge ("Event Quarantined" on the bus says which)`;
}

export function jsonQuarantined(one: Quarantined): string {
  const { key: id, bytes, since } = one;
  return `${JSON.stringify({
    ...{ kind: 'quarantined', id, ...partsOf(id), bytes, why: whyQuarantined(one) },
    since: new Date(since).toISOString(),
  })}\n`;
}

export function quarantineTable(
  all: readonly Quarantined[],
  { colors }: Pick<Terminal, 'colors'>,
): string {
  return table(
    all,
    [
      { title: 'IN QUARANTINE SINCE', cell: ({ since }) => utc(new Date(since).toISOString()) },
      { title: 'WHY', cell: whyQuarantined, max: 120 },
      { title: 'KEY', cell: ({ key }) => key, max: 300 },
    ],
    colors.dim,
  );
}

export function letterPage(letter: Letter, store: Ways): string {
  const facts = [
    `id: ${letter.id}`,
    `queue: ${letter.queue}`,
    `since: ${utc(new Date(letter.sentAt).toISOString())}`,
    `taken: ${letter.receives} times`,
    ...attributeLines(letter),
    store.noWayBack(letter) ?? 'redrive sends it back to where it came from',
  ];
  return `${facts.map(cleanText).join('\n')}\n\n${printable(letter.body)}`;
}

/** Whatever shows nothing on a terminal, or moves its cursor; between the lines of indented JSON there is none but these. */
const INVISIBLE = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/**
 * JSON indented for people, every number with its digits, what is invisible as JSON's own escapes: harmless for a terminal,
 * and the same JSON. Text that is no JSON is cleaned.
 */
export function printable(body: string): string {
  try {
    const shown = JSON.stringify(parseLossless(body), null, 2);
    return `${shown.replace(INVISIBLE, escaped)}\n`;
  } catch {
    // It is no JSON, which may be why it is here.
    return `${cleanText(body)}\n`;
  }
}

function escaped(character: string): string {
  return character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}

export function doneLine({ id, queue, outcome, words }: Done): string {
  const end = outcome === 'redriven' ? `redriven to ${words}` : `${outcome}: ${words}`;
  return `${cleanText(`${id} (${queue}): ${end}`)}\n`;
}
