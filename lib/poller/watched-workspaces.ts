// One Asana client per workspace, kept between ticks so that connections and tokens stay warm; nothing else is shared,
// so that one workspace's failure never touches another.
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { AsanaClient } from '../asana/client.ts';
import { SecretToken } from '../asana/secret-token.ts';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import { SecretText } from '../secret-text.ts';
import { VERSION } from '../version.ts';
import type { PollTick } from './config.ts';

interface WatchedWorkspace {
  readonly token: SecretToken;
  readonly asana: AsanaClient;
}

export class WatchedWorkspaces {
  readonly #secrets: SecretsManagerClient;
  readonly #baseUrl: string | undefined;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #known = new Map<string, WatchedWorkspace>();

  constructor(secrets: SecretsManagerClient, baseUrl: string | undefined, clock: Clock, log: Log) {
    this.#secrets = secrets;
    this.#baseUrl = baseUrl;
    this.#clock = clock;
    this.#log = log;
  }

  get({ workspaceGid, tokenSecretArn }: PollTick): WatchedWorkspace {
    const key = `${workspaceGid} ${tokenSecretArn}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const token = new SecretToken(new SecretText(this.#secrets, tokenSecretArn));
    const asana = new AsanaClient({
      ...(this.#baseUrl === undefined ? {} : { baseUrl: this.#baseUrl }),
      version: VERSION,
      token,
      clock: this.#clock,
      log: this.#log,
    });
    const watched = { token, asana };
    this.#known.set(key, watched);
    return watched;
  }
}
