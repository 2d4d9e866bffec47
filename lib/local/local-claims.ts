// Claims of the local run: DynamoDB's, but a dead run's claim is taken over at once.
// Only the holder of the data folder delivers, one message after the other, so a claim that is held is nobody's.
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  type ClaimKey,
  type ClaimResult,
  type Claims,
  DynamoClaims,
} from '../alerts/delivery/claims.ts';
import type { SinkMemory } from '../alerts/delivery/sink-port.ts';
import type { Clock } from '../clock.ts';

interface LocalClaimsOptions {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  readonly clock: Clock;
}

export class LocalClaims implements Claims {
  readonly #options: LocalClaimsOptions;
  readonly #claims: DynamoClaims;

  constructor(options: LocalClaimsOptions) {
    this.#options = options;
    this.#claims = new DynamoClaims(options);
  }

  async claim(key: ClaimKey): Promise<ClaimResult> {
    const result = await this.#claims.claim(key);
    if (result.outcome !== 'held') return result;
    const { clock } = this.#options;
    const afterLease: Clock = { ...clock, now: () => clock.now() + result.leftMs };
    return new DynamoClaims({ ...this.#options, clock: afterLease }).claim(key);
  }

  confirm(key: ClaimKey, memory?: SinkMemory): Promise<void> {
    return this.#claims.confirm(key, memory);
  }

  release(key: ClaimKey, token: string, memory?: SinkMemory): Promise<void> {
    return this.#claims.release(key, token, memory);
  }

  read(key: ClaimKey): Promise<SinkMemory | undefined> {
    return this.#claims.read(key);
  }
}
