// Processes that functions run in and that may be killed or paused: one at work, the next one starting meanwhile.
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import type { ClockSetting } from './clock.ts';
import type { Addresses, Calls, Setting } from './functions.ts';
import type { Invoker } from './invoker.ts';
import type { Answer, Invocation } from './worker.ts';

/** As the functions are bundled: their dependencies call `require`. */
const BANNER =
  "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);";

/** Makes workers from one bundle, and ends what it started. */
export class WorkerPool {
  readonly #folder = mkdtempSync(join(tmpdir(), 'faults-'));
  readonly #file = join(this.#folder, 'worker.mjs');
  readonly #workers = new Set<Worker>();
  #next: Worker | undefined;

  constructor() {
    const { outputFiles } = buildSync({
      entryPoints: [fileURLToPath(new URL('worker.ts', import.meta.url))],
      write: false,
      bundle: true,
      minify: true,
      keepNames: true,
      format: 'esm',
      platform: 'node',
      target: 'node24',
      mainFields: ['module', 'main'],
      external: ['../milo/*'],
      banner: { js: BANNER },
      logLevel: 'silent',
    });
    writeFileSync(this.#file, outputFiles[0]?.text ?? '');
  }

  /** A fresh process; another starts in its place. */
  take(): Worker {
    const worker = this.#next ?? this.#start();
    this.#next = this.#start();
    return worker;
  }

  close(): void {
    for (const worker of this.#workers) worker.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #start(): Worker {
    const worker = new Worker(this.#file, join(this.#folder, 'compiled'));
    this.#workers.add(worker);
    void worker.gone.then(() => this.#workers.delete(worker));
    return worker;
  }
}

export class Worker {
  readonly gone: Promise<void>;
  readonly ready: Promise<void>;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (answer: Answer | 'died') => void>();
  #ids = 0;
  #alive = true;
  #fault: string | undefined;

  /** @param compiled folder where one worker leaves what it has compiled for those after it */
  constructor(file: string, compiled: string) {
    this.#child = fork(file, {
      execArgv: [],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, NODE_COMPILE_CACHE: compiled },
    });
    this.gone = new Promise((resolve) => {
      this.#child.on('exit', (code) => {
        this.#alive = false;
        if (code) this.#fault = `a worker ended by itself with ${code}`;
        for (const settle of this.#waiting.values()) settle('died');
        resolve();
      });
    });
    this.ready = this.#answer(0).then(() => {});
    this.#child.on('message', (answer: Answer) => this.#waiting.get(answer.id)?.(answer));
  }

  get alive(): boolean {
    return this.#alive;
  }

  async invoke(invocation: Omit<Invocation, 'id'>): Promise<unknown> {
    await this.ready;
    this.#blame();
    if (!this.#alive) return 'died';
    const id = ++this.#ids;
    const answered = this.#answer(id);
    this.#child.send({ id, ...invocation } satisfies Invocation);
    const answer = await answered;
    this.#blame();
    if (answer === 'died') return answer;
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.value;
  }

  kill(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT' = 'SIGKILL'): void {
    if (this.#alive) this.#child.kill(signal);
  }

  /** A crash is no kill: nothing that is driven here may end its process. */
  #blame(): void {
    if (this.#fault !== undefined) throw new Error(this.#fault);
  }

  #answer(id: number): Promise<Answer | 'died'> {
    return new Promise((resolve) => {
      this.#waiting.set(id, (answer) => {
        this.#waiting.delete(id);
        resolve(answer);
      });
    });
  }
}

/** Calls functions in a process of its own: the worker at hand, and after its death a new one. */
export class There implements Invoker {
  worker: Worker;
  readonly #pool: WorkerPool;
  readonly #addresses: Addresses;
  readonly #setting: Setting;

  constructor(pool: WorkerPool, addresses: Addresses, setting: Setting, worker = pool.take()) {
    this.#pool = pool;
    this.#addresses = addresses;
    this.#setting = setting;
    this.worker = worker;
  }

  async invoke<R extends keyof Calls>(
    role: R,
    given: Parameters<Calls[R]>,
    time: ClockSetting,
  ): Promise<Awaited<ReturnType<Calls[R]>> | 'died'> {
    if (!this.worker.alive) this.worker = this.#pool.take();
    const addresses = this.#addresses;
    const setting = this.#setting;
    const answer = await this.worker.invoke({ role, given, addresses, setting, time });
    return answer as Awaited<ReturnType<Calls[R]>> | 'died';
  }

  async close(): Promise<void> {}
}
