// The one base class of every error the project raises on purpose.
// Callers test `code`, never the message; `retryable` says whether the next run may well succeed.

/** `code` is stable and dotted (`asana.rate-limited`); the message is for people; `cause` keeps what was caught. */
export class AuditBusError extends Error {
  readonly code: string;
  readonly retryable: boolean;

  constructor(
    code: string,
    message: string,
    options: { retryable?: boolean; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.retryable = options.retryable ?? false;
  }
}

/** A configuration a person has to mend. Thrown once, with every problem found in it, a line each. */
export class ConfigurationError extends AuditBusError {
  readonly problems: readonly string[];

  constructor(subject: string, problems: readonly string[]) {
    super(
      'configuration.invalid',
      `${subject} is not valid:\n${problems.map((p) => `  - ${p}`).join('\n')}`,
    );
    this.problems = problems;
  }
}

/** The text of anything thrown, with its code or name ahead of it where it has one. Carries no stack. */
export function describeError(error: unknown): string {
  if (error instanceof AuditBusError) return `${error.code}: ${error.message}`;
  if (error instanceof Error) return `${error.name}: ${error.message}`;
  return String(error);
}
