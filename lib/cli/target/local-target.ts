// The data folder of `npm start` as a command's target, whether a run holds it or nobody does.
import { userInfo } from 'node:os';
import type { Clock } from '../../clock.ts';
import { attach } from '../../local/attach.ts';
import { CHECKPOINT_TABLE, STATE_TABLE } from '../../local/dynamodb.ts';
import { LOCAL_POLL_SETTINGS } from '../../local/poll-settings.ts';
import { cleanText } from '../../text.ts';
import type { Target } from './target.ts';
import { watchedWorkspaces } from './workspaces.ts';

/** @throws AuditBusError `local.no-data`, `local.data-folder`, `local.data-damaged`, `local.held` */
export async function openLocalTarget(
  dataFolder: string,
  clock: Clock,
  options: { readonly create: boolean },
): Promise<Target> {
  const { client, publisher, running, busEndpoint, asanaBaseUrl, close } = await attach(
    dataFolder,
    clock,
    options,
  );
  return {
    words: `the local run in ${cleanText(dataFolder)}`,
    dynamodb: client,
    checkpointTableName: CHECKPOINT_TABLE,
    stateTableName: STATE_TABLE,
    publisher,
    workspaces: () => watchedWorkspaces(client, CHECKPOINT_TABLE),
    pollSettings: async () => ({ ...LOCAL_POLL_SETTINGS, asanaBaseUrl }),
    caller: async () => userName(),
    local: {
      dataFolder,
      running,
      ...(busEndpoint === undefined ? {} : { busEndpoint }),
      ...(asanaBaseUrl === undefined ? {} : { asanaBaseUrl }),
    },
    close,
  };
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run as a number that has no name.
    return `user ${process.getuid?.() ?? 'unknown'}`;
  }
}
