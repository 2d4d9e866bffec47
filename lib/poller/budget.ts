// What one run of the poller may take: its time, its lease, its polls. What a tick of the schedule comes to is tick.ts's.

export interface RunBudget {
  /** Monotonic milliseconds: the run is over by then. */
  readonly deadline: number;
  /** Milliseconds the lease lasts, unless renewed. */
  readonly leaseMs: number;
  /** Renew the lease this often, in milliseconds; absent: never, as where the run cannot outlast it. */
  readonly renewLeaseMs?: number;
  /** How long to wait for a lease that another run holds, in milliseconds. */
  readonly waitForLeaseMs?: number;
  /** Poll again each `everyMs` until the wall clock says `until` (epoch milliseconds), within one lease. */
  readonly repeat?: Repeat;
  /** Ends the run early and well: the page at hand is finished, the lease released. */
  readonly signal?: AbortSignal;
}

export interface Repeat {
  readonly everyMs: number;
  readonly until: number;
}
