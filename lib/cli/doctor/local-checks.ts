// What doctor looks at in the data folder of `npm start`.
import { join } from 'node:path';
import { ENVIRONMENT } from '../../contract/environment.ts';
import { DeadLetters } from '../../local/dead-letters.ts';
import { FileQuarantine } from '../../local/file-quarantine.ts';
import type { Target } from '../target/target.ts';
import type { Surroundings } from './deployment-checks.ts';
import { type Check, ok, warning } from './finding.ts';
import { environmentTokenCheck } from './first-checks.ts';
import { judgeQuarantine, judgeQueue } from './judge.ts';
import { pollingCheck } from './polling-check.ts';

export function localChecks(
  target: Target & { readonly local: NonNullable<Target['local']> },
  surroundings: Surroundings,
): Check[] {
  const { dataFolder, running, asanaBaseUrl } = target.local;
  const { env } = surroundings;
  // A run that polls no API asks nobody with a token.
  const isSimulated = running && asanaBaseUrl === undefined;
  return [
    {
      name: 'run',
      find: async () => [
        running
          ? ok('npm start is running on it')
          : warning('nothing runs on it', 'npm start polls and delivers; what waits is kept'),
      ],
    },
    ...(env['ASANA_ACCESS_TOKEN'] && !isSimulated
      ? // The next run asks where the environment says; one that is on was started with its own.
        [
          environmentTokenCheck(
            surroundings,
            async () => asanaBaseUrl ?? env[ENVIRONMENT.asanaBaseUrl],
          ),
        ]
      : []),
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
