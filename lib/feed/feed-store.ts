// What the watch over the feed asks of the place its state lives in. The DynamoDB one is in dynamo-feed-store.ts.
import type { Feed } from './silence.ts';

export interface StoredFeed {
  readonly feed: Feed;
  /** Grows with every write; 0 when nothing is stored yet. */
  readonly version: number;
}

export interface FeedStore {
  read(workspaceGid: string): Promise<StoredFeed | undefined>;
  /** @param version as it was read @returns false when another has written since */
  write(workspaceGid: string, feed: Feed, version: number): Promise<boolean>;
}
