// What a campaign is: a kind of fault, driven seed by seed. The same seed does the same again.
import type { Bench } from './bench.ts';
import type { Break } from './breaks.ts';
import type { Count } from './count.ts';

export interface Verdict {
  /** Empty where all is well. */
  readonly problems: readonly string[];
  readonly count?: Count;
  /** What was injected, for the figures. */
  readonly injected: Readonly<Record<string, number>>;
}

export interface Campaign {
  readonly name: string;
  /** In words, for the figures. */
  readonly about: string;
  /** Of the whole run. */
  readonly seeds: number;
  /** Of the part within `npm test`. */
  readonly fastSeeds: number;
  /** Its functions run in processes of their own, which it waits for: one more lane than there are cores keeps them busy. */
  readonly isElsewhere?: true;
  /** @param wrong what is broken on purpose, to see that it is noticed */
  run(seed: number, bench: Bench, wrong?: Break): Promise<Verdict>;
  /** Ends what `run` keeps between seeds. */
  close?(): Promise<void>;
}
