// What a measuring process and its servers say to each other over the channel between them.

/** How the servers behave from now on; counting begins anew. */
export interface Setup {
  /** Milliseconds each answer waits. */
  readonly latencyMs: number;
  readonly pageSize: number;
  readonly events: number;
}

export type Order = { readonly setup: Setup } | { readonly report: true };

/** Requests answered since the last order, and what they brought. */
export interface Counts {
  readonly pages: number;
  readonly puts: number;
  readonly tableCalls: number;
  readonly eventsAccepted: number;
}

export type Answer =
  | { readonly ready: { readonly port: number } }
  | { readonly done: true }
  | { readonly counts: Counts };
