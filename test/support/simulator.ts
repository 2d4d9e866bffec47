// Starts the simulated workspace for a test, on a free loopback port, every answer checked against Asana's description.
import { type EventLog, MemoryEventLog } from '../../lib/local/simulator/event-log.ts';
import {
  type Simulator,
  type SimulatorOptions,
  type SimulatorResponse,
  startSimulator,
} from '../../lib/local/simulator/server.ts';
import { auditLogResponseProblems, errorResponseProblems } from './asana-schema.ts';

export interface CheckedSimulator<L extends EventLog> extends Simulator<L> {
  /** Answers that departed from the description so far; `close()` rejects when there is one. */
  readonly violations: readonly string[];
}

/** `unchecked` says why the events themselves, which the test chose, cannot fit the description. */
type CheckedOptions<L extends EventLog> = Partial<SimulatorOptions<L>> & {
  readonly events?: Iterable<unknown>;
  readonly unchecked?: string;
};

/**
 * Serves `log`, or `events` from memory. Answers that a fault breaks on purpose (half a body, HTML, stray entries) are
 * left out, and nothing else is. Call `close()`: it throws for any answer that Asana's description does not allow.
 */
export function startCheckedSimulator(
  options?: CheckedOptions<MemoryEventLog> & { readonly log?: MemoryEventLog },
): Promise<CheckedSimulator<MemoryEventLog>>;
export function startCheckedSimulator<L extends EventLog>(
  options: CheckedOptions<L> & { readonly log: L },
): Promise<CheckedSimulator<L>>;
export async function startCheckedSimulator(
  options: CheckedOptions<EventLog> = {},
): Promise<CheckedSimulator<EventLog>> {
  const violations: string[] = [];
  const { events, unchecked, ...rest } = options;
  const simulator = await startSimulator<EventLog>({
    ...rest,
    log: rest.log ?? new MemoryEventLog(events),
    onResponse(response) {
      rest.onResponse?.(response);
      if (unchecked === undefined) violations.push(...violationsOf(response));
    },
    onError(error) {
      rest.onError?.(error);
      if (rest.onError === undefined) violations.push(`inside the simulator: ${String(error)}`);
    },
  });
  return {
    ...simulator,
    violations,
    async close() {
      await simulator.close();
      if (violations.length > 0) {
        throw new Error(`The simulator departed from Asana's API:\n${violations.join('\n')}`);
      }
    },
  };
}

function violationsOf(response: SimulatorResponse): string[] {
  if (response.brokenOnPurpose) return [];
  const where = `${response.status} ${response.path}?${response.query}`;
  let body: unknown;
  try {
    body = JSON.parse(response.body.toString('utf8'));
  } catch (error) {
    return [`${where}: ${String(error)}`];
  }
  const problems =
    response.status === 200 ? auditLogResponseProblems(body) : errorResponseProblems(body);
  return problems.map((problem) => `${where}: ${problem}`);
}
