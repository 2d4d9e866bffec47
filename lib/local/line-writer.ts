// Writes to a file descriptor so that a resolved promise means the operating system has every byte.
// No process.stdout: that buffers inside the process, and a kill would lose what was promised.
import { write } from 'node:fs';
import { promisify } from 'node:util';
import type { Clock } from '../clock.ts';
import { AuditBusError } from '../errors.ts';

/** One write(2): resolves with how many bytes it took. */
export type WriteBytes = (
  fd: number,
  buffer: Buffer,
  offset: number,
  length: number,
) => Promise<{ readonly bytesWritten: number }>;

const writeBytes: WriteBytes = (fd, buffer, offset, length) =>
  promisify(write)(fd, buffer, offset, length);

/** A pipe that is full and set non-blocking (by whoever shares it) says EAGAIN; its reader needs a moment. */
const FULL_PIPE_WAIT_MS = 5;

interface Waiting {
  readonly text: string;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

export class LineWriter {
  readonly #fd: number;
  readonly #clock: Clock;
  readonly #onClosed: () => void;
  readonly #write: WriteBytes;
  #waiting: Waiting[] = [];
  #busy = false;
  #closed: AuditBusError | undefined;

  constructor(
    fd: number,
    clock: Clock,
    options: { readonly onClosed?: () => void; readonly write?: WriteBytes } = {},
  ) {
    this.#fd = fd;
    this.#clock = clock;
    this.#onClosed = options.onClosed ?? (() => {});
    this.#write = options.write ?? writeBytes;
  }

  /** True while the operating system has not taken all that was written: a pipe is full and its reader is elsewhere. */
  get isWaiting(): boolean {
    return this.#busy;
  }

  /** The error every write ends with once the reader is gone; undefined before. */
  get closed(): AuditBusError | undefined {
    return this.#closed;
  }

  /**
   * Resolves when the operating system has taken `text`, after everything written before it. However slow the reader,
   * the process goes on meanwhile. @throws AuditBusError `local.output-closed` when the reader is gone or the device
   * refuses.
   */
  write(text: string): Promise<void> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    return new Promise((done, failed) => {
      this.#waiting.push({ text, done, failed });
      if (!this.#busy) void this.#drain();
    });
  }

  async #drain(): Promise<void> {
    this.#busy = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        if (this.#closed !== undefined) throw this.#closed;
        await this.#writeAll(Buffer.from(batch.map((waiting) => waiting.text).join('')));
        for (const { done } of batch) done();
      } catch (error) {
        for (const { failed } of batch) failed(error);
      }
    }
    this.#busy = false;
  }

  async #writeAll(buffer: Buffer): Promise<void> {
    let offset = 0;
    while (offset < buffer.length) {
      try {
        const { bytesWritten } = await this.#write(
          this.#fd,
          buffer,
          offset,
          buffer.length - offset,
        );
        offset += bytesWritten;
      } catch (cause) {
        const { code, message } = cause as NodeJS.ErrnoException;
        if (code === 'EAGAIN') {
          await this.#clock.sleep(FULL_PIPE_WAIT_MS);
          continue;
        }
        this.#closed = new AuditBusError(
          'local.output-closed',
          `Output cannot be written: ${message}`,
          { cause },
        );
        this.#onClosed();
        throw this.#closed;
      }
    }
  }
}
