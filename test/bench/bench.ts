// What main.ts knows of a benchmark. The benchmarks themselves are in folders or files named after them.

export interface Bench {
  readonly name: string;
  /** One line for the list. */
  readonly summary: string;
  /** @param args what follows its name on the command line @throws ConfigurationError, or parseArgs' TypeError */
  run(args: readonly string[]): Promise<void>;
}
