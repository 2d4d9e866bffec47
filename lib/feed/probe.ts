// Asks Asana for any one event, so that a silence can be told from a log that is no longer shown. What it means is feed-watch.ts's.
import type { AsanaClient } from '../asana/client.ts';
import type { Clock } from '../clock.ts';

const PROBE_MS = 10_000;

/**
 * One request for one event, whichever: without offset and time it is the oldest that Asana has.
 * @returns how many came @throws AsanaError
 */
export async function probe(
  asana: Pick<AsanaClient, 'fetchPage'>,
  workspaceGid: string,
  clock: Clock,
): Promise<number> {
  const page = await asana.fetchPage({ workspaceGid, limit: 1 }, clock.monotonic() + PROBE_MS);
  return page.entries.length;
}
