// What doctor looks at in the data folder of `npm start`.
import { join } from 'node:path';
import { DeadLetters } from '../../local/dead-letters.ts';
import { FileQuarantine } from '../../local/file-quarantine.ts';
import type { Target } from '../shared/target.ts';
import type { Surroundings } from './deployment-checks.ts';
import { type Check, ok, warning } from './finding.ts';
import { environmentTokenCheck } from './first-checks.ts';
import { judgeQuarantine, judgeQueue } from './judge.ts';
import { pollingCheck } from './polling-check.ts';

export function localChecks(
  target: Target & { readonly local: NonNullable<Target['local']> },
  surroundings: Surroundings,
): Check[] {
  const { dataFolder, running } = target.local;
  return [
    {
      name: 'run',
      find: async () => [
        running
          ? ok('npm start is running on it')
          : warning('nothing runs on it', 'npm start polls and delivers; what waits is kept'),
      ],
    },
    ...(surroundings.env['ASANA_ACCESS_TOKEN'] ? [environmentTokenCheck(surroundings)] : []),
    {
      name: 'queues',
      async find() {
        const letters = new DeadLetters(join(dataFolder, 'queues.db'));
        try {
          const counts = letters.counts();
          if (counts.length === 0) return [ok('all empty')];
          return counts.flatMap(({ queue, waiting, dead }) => [
            // A run has messages in hand at any moment; with none they wait for the next.
            ...(waiting > 0 && !running ? [judgeQueue(queue, waiting, 'work')] : []),
            judgeQueue(queue, dead, 'dead'),
          ]);
        } finally {
          letters.close();
        }
      },
    },
    {
      name: 'quarantine',
      find: async () => [
        judgeQuarantine((await new FileQuarantine(dataFolder).keys()).length, false),
      ],
    },
    pollingCheck(target, surroundings.clock, running),
  ];
}
