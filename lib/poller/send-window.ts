// How far sending may run ahead of remembering: it bounds what is sent twice when a run dies, or loses its lease unawares.
// Pure. What is sent, and when a page is remembered, is pages-under-way.ts's.

/** One page's share of the window. */
export interface PageTurn {
  /** Resolves when so many more entries of the page may leave; undefined is at once. */
  take(entries: number): Promise<void> | undefined;
  /** So many of its entries are remembered, while the rest is being sent. */
  partRemembered(entries: number): void;
  /** Its memory is saved: whoever reads the page again knows what was sent of it. */
  remembered(): void;
}

interface Page {
  sent: number;
  remembered: number;
}

interface Waiting {
  readonly page: Page;
  readonly entries: number;
  readonly go: () => void;
}

/**
 * The oldest page may leave whole, and of all later ones together just so many entries, or more by what is remembered of
 * the oldest already: what is sent and not remembered is never more than a page and the room.
 */
export class SendWindow {
  readonly #room: number;
  /** Begun and not remembered, oldest first. */
  #pages: Page[] = [];
  #waiting: Waiting[] = [];
  #lifted = false;

  /** @param room entries of all pages behind the oldest one that is not remembered: at least as many as one request holds */
  constructor(room: number) {
    this.#room = room;
  }

  /** Pages begin in the order of the log. */
  begin(): PageTurn {
    const page = { sent: 0, remembered: 0 };
    this.#pages.push(page);
    return {
      take: (entries) => this.#take(page, entries),
      partRemembered: (entries) => {
        page.remembered = entries;
        this.#wake();
      },
      remembered: () => {
        this.#pages = this.#pages.filter((other) => other !== page);
        this.#wake();
      },
    };
  }

  /** Nobody waits here any more. For when nothing more will be remembered, and nothing more sent. */
  lift(): void {
    this.#lifted = true;
    this.#wake();
  }

  #take(page: Page, entries: number): Promise<void> | undefined {
    if (this.#fits(page, entries) && !this.#waiting.some((other) => other.page === page)) {
      page.sent += entries;
      return undefined;
    }
    return new Promise((go) => this.#waiting.push({ page, entries, go }));
  }

  #fits(page: Page, entries: number): boolean {
    if (this.#lifted) return true;
    const place = this.#pages.indexOf(page);
    // Each page before this one is the oldest sooner or later, and what is sent behind it by then stays sent.
    return this.#pages.slice(0, place).every(({ remembered }, index) => {
      const behind = this.#pages.slice(index + 1);
      return behind.reduce((sum, { sent }) => sum + sent, entries) <= this.#room + remembered;
    });
  }

  #wake(): void {
    const place = ({ page }: Waiting) => this.#pages.indexOf(page);
    const waiting = this.#waiting.sort((a, b) => place(a) - place(b));
    this.#waiting = [];
    for (const each of waiting) {
      if (this.#fits(each.page, each.entries)) {
        each.page.sent += each.entries;
        each.go();
      } else {
        this.#waiting.push(each);
      }
    }
  }
}
