// Sentences of the local run about itself: how it opens, what holds it up, why it ends.
// Blocks about events and alerts are show.ts's.
import { AuditBusError } from '../errors.ts';
import { cleanText, shownText } from '../text.ts';
import type { LockHolder } from './lock.ts';
import type { RunOptions } from './options.ts';
import type { LoopEnd } from './poll-loop.ts';
import { type Colors, counted } from './show.ts';

const MAX_MESSAGE = 600;

/** The first thing a person reads: what is running, where its data lie, how to stop it. */
export function openingWords(options: RunOptions, log: string, colors: Colors): string {
  const how = options.once ? 'once, until caught up' : `every ${options.pollIntervalSeconds} s`;
  const sinks = options.slackWebhookUrl === undefined ? '' : '; alerts go to Slack, too';
  return [
    `${colors.bold('asana-audit-bus')} polls ${cleanText(log)}, ${how}${sinks}.`,
    `  Checkpoint, queues and alerts are kept in ${cleanText(options.dataFolder)}; remove that folder to begin anew.`,
    `  Ctrl-C ends it, and the next run goes on where this one stopped.\n`,
  ].join('\n');
}

export function heldWords(folder: string, holder: LockHolder | undefined): string {
  const who =
    holder === undefined
      ? 'another run, which is just starting or ending'
      : `process ${holder.pid}, started ${holder.startedAt}`;
  return `${cleanText(folder)} is in use by ${who}. End that run, or give this one a folder of its own with --data.`;
}

/** @param failure undefined once things go well again */
export function troubleWords(
  failure: { readonly code: string; readonly message: string } | undefined,
  intervalSeconds: number,
): string {
  return failure === undefined
    ? 'Polling goes well again.'
    : `${shownText(failure.message, MAX_MESSAGE)} (${failure.code}) Nothing is lost; the next try is in ${intervalSeconds} s.`;
}

/** What the failure's own text cannot know: how things are named here. */
const LOCAL_ADVICE: Readonly<Record<string, string>> = {
  'asana.bad-request': 'The workspace is ASANA_WORKSPACE_GID, the start --start-from.',
  'asana.unauthorized': 'The token is ASANA_ACCESS_TOKEN.',
  'asana.forbidden': 'The token is ASANA_ACCESS_TOKEN.',
  'asana.not-found': 'The workspace is ASANA_WORKSPACE_GID.',
  'asana.network': 'Check the network and ASANA_BASE_URL.',
  'asana.timeout': 'Check the network and ASANA_BASE_URL.',
  'asana.unexpected-status': "Check that ASANA_BASE_URL is the address of Asana's API.",
  'asana.server-error': 'Start it again later; status.asana.com tells of trouble at Asana.',
  'asana.cursor-stuck':
    'Start it again later; where it stays so, a data folder of its own (--data) reads the log afresh.',
  'poll.waiting': 'Start it again later.',
  'page.unreadable': "Check that ASANA_BASE_URL is the address of Asana's API.",
};

/** Why a run ended that wanted to go on, what to do, and what becomes of the rest. */
export function failureWords(end: Extract<LoopEnd, { end: 'failed' }>): string {
  const advice = LOCAL_ADVICE[end.code];
  return [
    `${shownText(end.message, MAX_MESSAGE)} (${end.code})`,
    ...(advice === undefined ? [] : [advice]),
    'Nothing is lost: the next run goes on where this one stopped.',
  ].join(' ');
}

export function deadWords(dead: number): string {
  return `${counted(dead, 'message')} could not be delivered for good. They are kept, and each start tries them once more.`;
}

/** The text of an error fit for one line of a terminal. */
export function errorWords(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return error instanceof AuditBusError
    ? shownText(message, MAX_MESSAGE)
    : `unexpected: ${shownText(message, MAX_MESSAGE)}`;
}
