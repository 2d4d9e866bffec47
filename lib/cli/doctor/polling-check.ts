// Where polling stands in each workspace, from its checkpoint, and whether its feed is silent: of a deployment and of a local
// run alike.
import type { Clock } from '../../clock.ts';
import { DynamoFeedStore } from '../../feed/dynamo-feed-store.ts';
import { DynamoCheckpointStore } from '../../poller/dynamo-checkpoint-store.ts';
import type { Target } from '../shared/target.ts';
import { type Check, warning } from './finding.ts';
import { judgeFeed, judgePolling } from './judge.ts';

export function pollingCheck(target: Target, clock: Clock, running: boolean): Check {
  return {
    name: 'polling',
    async find() {
      const store = new DynamoCheckpointStore(target.dynamodb, target.checkpointTableName);
      const gids = await target.workspaces();
      if (gids.length === 0) return [warning('no workspace is watched yet', 'poll once')];
      const feeds = new DynamoFeedStore(target.dynamodb, target.checkpointTableName);
      const found = gids.map(async (gid) => [
        judgePolling(gid, await store.read(gid), clock.now(), running),
        ...judgeFeed(gid, (await feeds.read(gid))?.feed.silentFrom),
      ]);
      return (await Promise.all(found)).flat();
    },
  };
}
