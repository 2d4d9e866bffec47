// A dead letter as the command sees it, wherever it lies, and words about it: what it is and why it is here. Pure.
import { isJsonObject, parseLossless } from '../../asana/lossless-json.ts';
import { cleanText, shownText } from '../../text.ts';

export interface Letter {
  /** Of its queue, as `Finding`s of doctor name it: `detect`, `notify-slack`, `rules`. */
  readonly queue: string;
  readonly id: string;
  readonly body: string;
  /** Milliseconds since the epoch. */
  readonly sentAt: number;
  readonly receives: number;
  /** What whoever put it here said about it. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** Dead letters in hand: what is neither redriven nor dropped lies where it lay once `close` is done. */
export interface DeadLetterStore {
  /** Names of the queues there are. */
  names(): Promise<readonly string[]>;
  /** At most so many of one queue. */
  take(queue: string, limit: number): Promise<readonly Letter[]>;
  /** Why a letter has no way back, as a sentence; undefined where it has one. */
  noWayBack(letter: Letter): string | undefined;
  /** @returns where it went, for people @throws AuditBusError `dlq.no-way-back` */
  redrive(letter: Letter): Promise<string>;
  drop(letter: Letter): Promise<void>;
  close(): Promise<void>;
}

const MAX_WORDS = 120;

/** What it is about, without names of people: ids, types and titles of detections. */
export function whatOf({ body }: Pick<Letter, 'body'>): string {
  const outer = objectIn(body);
  const event = isJsonObject(outer['event']) ? outer['event'] : outer;
  const detail = isJsonObject(event['detail']) ? event['detail'] : {};
  const data = isJsonObject(detail['data']) ? detail['data'] : {};
  const parts = [
    outer['detectionId'],
    event['detail-type'] ?? outer['detailType'] ?? outer['Subject'] ?? outer['scheduledTime'],
    data['title'],
    data['gid'] ?? data['alertId'],
  ].flatMap((part) => (typeof part === 'string' && part !== '' ? [part] : []));
  return shownText(parts.length === 0 ? `${body.length} characters` : parts.join(' '), MAX_WORDS);
}

export function whyOf({ attributes, receives }: Letter): string {
  const { reason, ERROR_CODE, ERROR_MESSAGE, RULE_ARN } = attributes;
  const rule = RULE_ARN === undefined ? '' : ` (rule ${RULE_ARN.split('/').at(-1)})`;
  const said = reason ?? ([ERROR_CODE, ERROR_MESSAGE].filter(Boolean).join(': ') || undefined);
  return said === undefined
    ? `taken ${receives} times without success: see the function's log by this id`
    : shownText(`${said}${rule}`, MAX_WORDS);
}

/** Empty for what is no JSON object. */
export function objectIn(body: string): Record<string, unknown> {
  try {
    const parsed = parseLossless(body);
    return isJsonObject(parsed) ? parsed : {};
  } catch {
    return {};
  }
}

/** Attributes for people, cleaned. */
export function attributeLines({ attributes }: Letter): readonly string[] {
  return Object.entries(attributes).map(([name, value]) => cleanText(`${name}: ${value}`));
}
