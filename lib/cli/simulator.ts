// `npm run simulator`: Asana's audit log endpoint alone, on a loopback port, until Ctrl-C.
// Parsing is in lib/local/simulator/options.ts, serving in server.ts; here they meet a terminal.
import { join } from 'node:path';
import { systemClock } from '../clock.ts';
import { AuditBusError, ConfigurationError } from '../errors.ts';
import { EventFile } from '../local/simulator/event-file.ts';
import type { EventLog } from '../local/simulator/event-log.ts';
import { type CommandOptions, helpText, parseCommand } from '../local/simulator/options.ts';
import { startSimulator } from '../local/simulator/server.ts';
import { createWorkspace } from '../local/simulator/workspace.ts';

const BAD_USAGE = 2;

async function main(args: readonly string[]): Promise<void> {
  const options = parseCommand(args);
  if (options.help) {
    process.stdout.write(helpText());
    return;
  }
  const simulator = await startSimulator({
    ...options,
    log: openLog(options),
    onError: (error) => process.stderr.write(`simulator: ${oneLine(error)}\n`),
  });
  process.stdout.write(
    `Simulated Asana workspace ${simulator.workspaceGid} with ${simulator.log.index.length} events at ${simulator.url}\n`,
  );
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void simulator.close());
  }
}

function openLog(options: CommandOptions): EventLog {
  if (options.events !== undefined) return new EventFile(options.events);
  return createWorkspace({
    seed: options.seed,
    clock: systemClock,
    path: options.data === undefined ? undefined : join(options.data, 'asana', 'events.jsonl'),
    workspaceGid: options.workspaceGid,
    attacks: options.attacks ? 'now and then' : 'none',
  });
}

function oneLine(error: unknown): string {
  const text =
    error instanceof ConfigurationError
      ? error.problems.join('; ')
      : error instanceof Error
        ? error.message
        : String(error);
  return text.replace(/\s*\n\s*/g, ' ');
}

function isUsersToMend(error: unknown): boolean {
  const code = (error as { code?: string }).code ?? '';
  return (
    error instanceof AuditBusError ||
    ['EADDRINUSE', 'EACCES', 'ENOTDIR', 'EEXIST', 'EROFS'].includes(code)
  );
}

main(process.argv.slice(2)).catch((error: unknown) => {
  if (!isUsersToMend(error)) throw error;
  process.stderr.write(`simulator: ${oneLine(error)}\n`);
  process.exitCode = BAD_USAGE;
});
