// A bar on standard error that shows how far the reading of files has come; nothing where nobody watches.
import type { Terminal } from './command.ts';

export interface ProgressBar {
  show(progress: { readonly bytes: number; readonly isSorting: boolean }): void;
  /** Takes the bar away again. */
  end(): Promise<void>;
}

const WIDTH = 30;
const EVERY_MS = 100;
const BACK_TO_START = '\r\u001b[K';

/** @param total bytes there are; undefined where that is not known */
export function progressBar(terminal: Terminal, total: number | undefined): ProgressBar {
  if (!terminal.watched) return { show: () => {}, end: async () => {} };
  let shownAt = Number.NEGATIVE_INFINITY;
  return {
    show({ bytes, isSorting }) {
      const now = terminal.clock.monotonic();
      if (now - shownAt < EVERY_MS) return;
      shownAt = now;
      void terminal.err(`${BACK_TO_START}${barText(bytes, total, isSorting)}`);
    },
    end: () => terminal.err(BACK_TO_START),
  };
}

function barText(bytes: number, total: number | undefined, isSorting: boolean): string {
  const what = isSorting ? 'sorting' : 'reading';
  const megabytes = `${(bytes / 1e6).toFixed(1)} MB`;
  if (total === undefined || total === 0) return `${what} ${megabytes}`;
  const part = Math.min(1, bytes / total);
  const full = Math.round(part * WIDTH);
  const bar = `${'█'.repeat(full)}${'░'.repeat(WIDTH - full)}`;
  return `${what} ${bar} ${String(Math.round(part * 100)).padStart(3)} %  ${megabytes}`;
}
