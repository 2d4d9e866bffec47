// A poller that looks after each of its polls whether the feed is silent, as functions/poll.ts does in a deployment.
// When to poll is poll-loop.ts's, what counts as a silence lib/feed's.
import type { FeedWatch } from '../feed/feed-watch.ts';
import { Published } from '../feed/published.ts';
import { type Log, silentLog } from '../log.ts';
import type { Poller } from '../poller/poll.ts';
import type { PollerDependencies } from '../poller/settings.ts';

type OnPublished = NonNullable<PollerDependencies['onPublished']>;

/**
 * @param pollerThat makes the poller that tells of what it has published
 * @param probe one request for one event, whichever: says how many came
 */
export function watchedPoller(
  pollerThat: (onPublished: OnPublished) => Pick<Poller, 'run'>,
  watch: Pick<FeedWatch, 'after'>,
  probe: () => Promise<number>,
): Pick<Poller, 'run'> {
  let published = new Published();
  const poller = pollerThat((events) => published.add(events));
  return {
    async run(workspaceGid, budget) {
      published = new Published();
      const summary = await poller.run(workspaceGid, budget);
      // A person who has asked for the end does not wait for a probe.
      const caughtUp = summary.outcome === 'caught-up' && !budget.signal?.aborted;
      await watch.after({ workspaceGid, caughtUp, slots: published.slots, probe });
      return summary;
    },
  };
}

/** What the watch reports comes back from the bus as an operational event; what it could not do has no other way. */
export function troubleOf(log: Log): Log {
  return {
    ...silentLog,
    warn(message, fields) {
      if (fields?.['code'] === undefined) log.warn(message, fields);
    },
  };
}
