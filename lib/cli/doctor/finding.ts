// What doctor finds, and how its checks are run one after the other: one that cannot be made says so, and the next is made.
// What is looked at is deployment-checks.ts, local-checks.ts and first-checks.ts.
import { AuditBusError } from '../../errors.ts';
import { cleanText, shownText } from '../../text.ts';
import { explanation } from '../target/aws-errors.ts';

export type Outcome = 'ok' | 'warning' | 'failure';

export interface Finding {
  readonly outcome: Outcome;
  /** What it is about where a check looks at several things: a workspace, a queue. */
  readonly of?: string;
  /** What was found, in a line. Holds no secret. */
  readonly words: string;
  /** What to do. Absent where all is well. */
  readonly todo?: string;
}

export interface Check {
  /** For scripts and people, such as `token`. */
  readonly name: string;
  /** Reads, then judges. What it throws becomes a warning that it could not be made. */
  find(): Promise<readonly Finding[]>;
}

export type Told = Finding & { readonly check: string };

export const ok = (words: string, of?: string): Finding => made('ok', words, of);
export const warning = (words: string, todo: string, of?: string): Finding => ({
  ...made('warning', words, of),
  todo,
});
export const failure = (words: string, todo: string, of?: string): Finding => ({
  ...made('failure', words, of),
  todo,
});

function made(outcome: Outcome, words: string, of: string | undefined): Finding {
  return { outcome, words, ...(of === undefined ? {} : { of }) };
}

/** @returns how many of each outcome there were */
export async function runChecks(
  checks: readonly Check[],
  tell: (told: Told) => Promise<void>,
): Promise<Readonly<Record<Outcome, number>>> {
  const counts = { ok: 0, warning: 0, failure: 0 };
  for (const check of checks) {
    for (const finding of await findings(check)) {
      counts[finding.outcome] += 1;
      await tell({ check: check.name, ...finding });
    }
  }
  return counts;
}

async function findings(check: Check): Promise<readonly Finding[]> {
  try {
    return await check.find();
  } catch (error) {
    return [notMade(error)];
  }
}

/** That something could not be looked at is no finding about it, so it is a warning. */
export function notMade(error: unknown, of?: string): Finding {
  const known = error instanceof AuditBusError ? error : explanation(error);
  const said =
    known?.message ??
    (error instanceof Error ? `${error.name}: ${shownText(error.message, 300)}` : String(error));
  return warning('could not be checked', cleanText(said), of);
}
