// Where polling stands in each workspace, from its checkpoint: of a deployment and of a local run alike.
import type { Clock } from '../../clock.ts';
import { DynamoCheckpointStore } from '../../poller/dynamo-checkpoint-store.ts';
import type { Target } from '../shared/target.ts';
import { type Check, warning } from './finding.ts';
import { judgePolling } from './judge.ts';

export function pollingCheck(target: Target, clock: Clock, running: boolean): Check {
  return {
    name: 'polling',
    async find() {
      const store = new DynamoCheckpointStore(target.dynamodb, target.checkpointTableName);
      const gids = await target.workspaces();
      if (gids.length === 0) return [warning('no workspace is watched yet', 'poll once')];
      return Promise.all(
        gids.map(async (gid) => judgePolling(gid, await store.read(gid), clock.now(), running)),
      );
    },
  };
}
