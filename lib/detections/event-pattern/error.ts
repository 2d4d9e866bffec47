// The one error of this folder: an event pattern EventBridge would not take, with where and why.
// Thrown while a pattern is read, never while an event is matched.
import { AuditBusError } from '../../errors.ts';

/** `path` is where in the pattern (`detail.ip[0].cidr`, empty for the whole); `reason` is what EventBridge refuses. */
export class EventPatternError extends AuditBusError {
  readonly path: string;
  readonly reason: string;

  constructor(path: string, reason: string) {
    super(
      'pattern.invalid',
      `Event pattern is not valid${path === '' ? '' : ` at ${path}`}: ${reason}`,
    );
    this.path = path;
    this.reason = reason;
  }
}

/** Throws; typed `never` so that callers narrow. */
export function refuse(path: string, reason: string): never {
  throw new EventPatternError(path, reason);
}
