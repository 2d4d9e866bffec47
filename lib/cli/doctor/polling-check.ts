// Where polling stands in each workspace, from its checkpoint, and whether its feed is silent: of a deployment and of a local
// run alike.
import type { Clock } from '../../clock.ts';
import { AuditBusError } from '../../errors.ts';
import { DynamoFeedStore } from '../../feed/dynamo-feed-store.ts';
import { DynamoCheckpointStore } from '../../poller/dynamo-checkpoint-store.ts';
import { readCheckpoint, readMemory } from '../target/sound-checkpoint.ts';
import type { Target } from '../target/target.ts';
import { type Check, failure, notMade, warning } from './finding.ts';
import { judgeFeed, judgePolling } from './judge.ts';

export function pollingCheck(target: Target, clock: Clock, running: boolean): Check {
  return {
    name: 'polling',
    async find() {
      const store = new DynamoCheckpointStore(target.dynamodb, target.checkpointTableName);
      const gids = await target.workspaces();
      if (gids.length === 0) return [warning('no workspace is watched yet', 'poll once')];
      const feeds = new DynamoFeedStore(target.dynamodb, target.checkpointTableName);
      const found = gids.map(async (gid) => {
        try {
          const stored = await readCheckpoint(store, gid);
          await readMemory(store, gid);
          return [
            judgePolling(gid, stored, clock.now(), running),
            ...judgeFeed(gid, (await feeds.read(gid))?.feed.silentFrom),
          ];
        } catch (error) {
          const isDamaged = error instanceof AuditBusError && error.code === 'checkpoint.damaged';
          return [isDamaged ? failure('damaged', error.message, gid) : notMade(error, gid)];
        }
      });
      return (await Promise.all(found)).flat();
    },
  };
}
