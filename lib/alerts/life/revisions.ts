// When what an alert holds becomes a revision on the bus: at once as it opens, then at most once a minute, and at last when
// its window is over. Pure. What an alert holds is window.ts's, who calls when is lib/detections/detect.ts and due/sweep.ts.
import type { Alert } from '../../contract/alert.ts';
import type { AlertWindow, GroupState } from './group.ts';
import type { Pace, Windows } from './rules.ts';

/** Makes a revision of what each alert holds unsaid, where its last update is long enough ago; without a pace at once. */
export function speak(state: GroupState, pace?: Pace): GroupState {
  const { updateEveryMs, now } = pace ?? { updateEveryMs: 0, now: Number.POSITIVE_INFINITY };
  const isDue = ({ unsaid, updatedAt }: AlertWindow) =>
    unsaid === true &&
    updateEveryMs !== Number.POSITIVE_INFINITY &&
    (updatedAt === undefined || updatedAt + updateEveryMs <= now);
  if (!state.windows.some(isDue)) return state;
  return {
    ...state,
    windows: state.windows.map((window) => (isDue(window) ? revised(window, pace?.now) : window)),
  };
}

function revised({ unsaid: _, ...window }: AlertWindow, now: number | undefined): AlertWindow {
  return {
    ...window,
    alert: { ...window.alert, revision: window.alert.revision + 1 },
    pending: true,
    ...(now === undefined ? {} : { updatedAt: now }),
  };
}

/** The last revision. What comes later still changes what it says: then another one, as of the same end, replaces it. */
export function closed(window: AlertWindow, now: number): AlertWindow {
  const alert = window.unsaid ? window.alert : withoutNews(window.alert);
  const { closedAt = new Date(now).toISOString() } = alert;
  return revised({ ...window, alert: { ...alert, closedAt } }, now);
}

/**
 * More came than its opening said, and nothing has been said of the end: further matches, or late events among those that
 * led to it.
 */
export function isToClose({ count, unsaid, alert }: AlertWindow): boolean {
  return (count > 1 || unsaid === true || alert.revision > 1) && alert.closedAt === undefined;
}

/** When the feed has to have passed for the window to take no more that comes in time, milliseconds since the epoch. */
function overAt({ start }: AlertWindow, { windowMs, graceMs, waitMs = 0 }: Windows): number {
  return start.at + Math.max(windowMs, graceMs) + waitMs + graceMs;
}

/** Closes the alerts that more came to and whose windows the feed has left behind at `watermark`. Expects none pending. */
export function closeOver(
  state: GroupState,
  watermark: number,
  rules: Windows & { readonly now: number },
): GroupState {
  const isOver = (window: AlertWindow) => isToClose(window) && overAt(window, rules) <= watermark;
  if (!state.windows.some(isOver)) return state;
  return {
    ...state,
    windows: state.windows.map((window) => (isOver(window) ? closed(window, rules.now) : window)),
  };
}

/** When the feed has to have passed for an alert of the group to be closed; undefined: none is to be. */
export function closeDueAt(state: GroupState, rules: Windows): number | undefined {
  const dues = state.windows.filter(isToClose).map((window) => overAt(window, rules));
  return dues.length === 0 ? undefined : Math.min(...dues);
}

/** When, by the wall clock, what the group's alerts hold unsaid is to be said; undefined: all is said. */
export function updateDueAt(state: GroupState, updateEveryMs: number): number | undefined {
  const dues = state.windows
    .filter(({ unsaid }) => unsaid === true)
    .map(({ updatedAt = 0 }) => updatedAt + updateEveryMs);
  return dues.length === 0 ? undefined : Math.min(...dues);
}

/** Without what was new in the revision that was said last. */
export function withoutNews({ newContext: _, ...alert }: Alert): Alert {
  return alert;
}
