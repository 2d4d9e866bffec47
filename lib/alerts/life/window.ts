// One alert's window as events go into it, and which windows a group goes on with. Pure.
// Which window an event belongs to is life.ts's.
import type { Alert, ContextValue } from '../../contract/alert.ts';
import { freshContext } from './context.ts';
import { type AlertWindow, inOrder, type Ref } from './group.ts';

/**
 * Alerts a group goes on with: so many in any case, and of those that are open yet more, as far as they fit. With what one
 * change may open, and an engine's memory, this stays under the 400 KB of an item.
 */
const KEPT_WINDOWS = 8;
const MAX_KEPT_WINDOWS = 30;
const MAX_KEPT_BYTES = 100_000;
const MAX_LISTED = 10;

/** The windows a group goes on with, the most recently touched first, and those it lets go. */
export function recent(
  windows: readonly AlertWindow[],
  windowMs: number,
): { readonly kept: AlertWindow[]; readonly forgotten: readonly AlertWindow[] } {
  const sorted = windows.toSorted((a, b) => b.touched - a.touched);
  const kept = sorted.splice(0, KEPT_WINDOWS);
  if (sorted.length === 0) return { kept, forgotten: [] };
  const newest = Math.max(...windows.map(({ lastSeen }) => lastSeen));
  let bytes = Buffer.byteLength(JSON.stringify(kept));
  for (const window of sorted) {
    if (kept.length === MAX_KEPT_WINDOWS || window.start.at + windowMs <= newest) continue;
    bytes += Buffer.byteLength(JSON.stringify(window));
    if (bytes > MAX_KEPT_BYTES) break;
    kept.push(window);
  }
  return { kept, forgotten: sorted.filter((window) => !kept.includes(window)) };
}

type Counted = Pick<AlertWindow, 'count' | 'events' | 'firstSeen' | 'lastSeen'>;

/** What a window counts once these events, none of them counted yet, are in it. */
export function joined(window: Counted, refs: readonly Ref[]): Counted {
  const events = [...window.events, ...refs].sort(inOrder).slice(0, MAX_LISTED);
  return {
    count: window.count + refs.length,
    events,
    firstSeen: Math.min(window.firstSeen, events[0]?.at ?? window.firstSeen),
    lastSeen: Math.max(window.lastSeen, ...refs.map(({ at }) => at)),
  };
}

/** What an event came with that no event before it had. New is only what was not told with the opening. */
export function withContext(
  alert: Alert,
  values: readonly ContextValue[],
  isOpening: boolean,
): Alert {
  const { contextSeen = [], newContext = [] } = alert;
  const fresh = freshContext(contextSeen, values);
  if (fresh.length === 0) return alert;
  const seen = { ...alert, contextSeen: [...contextSeen, ...fresh] };
  return isOpening ? seen : { ...seen, newContext: [...newContext, ...fresh] };
}

/** The window with an alert that says what the window holds. */
export function told(window: AlertWindow): AlertWindow {
  const leads = window.leads?.first ?? [];
  const alert: Alert = {
    ...window.alert,
    count: window.count + (window.leads?.count ?? 0),
    firstSeen: new Date(leads[0]?.at ?? window.firstSeen).toISOString(),
    lastSeen: new Date(window.lastSeen).toISOString(),
    eventGids: [...leads, ...window.events].slice(0, MAX_LISTED).map(({ gid }) => gid),
  };
  return { ...window, alert };
}
