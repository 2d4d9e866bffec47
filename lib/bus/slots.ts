// A fixed number of slots for requests in flight, shared by calls that overlap. Pure.

export interface SlotsOfCall {
  /** How many there are in all. */
  readonly slots: number;
  /** Resolves when a slot is the caller's; undefined is at once. */
  take(): Promise<void> | undefined;
  give(): void;
}

interface Waiting {
  readonly call: number;
  readonly go: () => void;
}

export class Slots {
  readonly #slots: number;
  #free: number;
  #calls = 0;
  readonly #waiting: Waiting[] = [];

  constructor(slots: number) {
    this.#slots = slots;
    this.#free = slots;
  }

  /** Of two calls that wait, the earlier one gets the next slot. */
  nextCall(): SlotsOfCall {
    const call = this.#calls++;
    return {
      slots: this.#slots,
      take: () => this.#take(call),
      give: () => this.#give(),
    };
  }

  #take(call: number): Promise<void> | undefined {
    if (this.#free > 0) {
      this.#free--;
      return undefined;
    }
    return new Promise((go) => {
      const behind = this.#waiting.findIndex((other) => other.call > call);
      this.#waiting.splice(behind < 0 ? this.#waiting.length : behind, 0, { call, go });
    });
  }

  #give(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next.go();
  }
}
