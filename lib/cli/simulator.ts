// `npm run simulator`: Asana's audit log endpoint alone, on a loopback port, until Ctrl-C.
// Parsing is in lib/local/simulator/options.ts, serving in server.ts; here they meet a terminal.
import { AuditBusError, ConfigurationError } from '../errors.ts';
import { EventFile } from '../local/simulator/event-file.ts';
import { type EventLog, MemoryEventLog } from '../local/simulator/event-log.ts';
import { type CommandOptions, helpText, parseCommand } from '../local/simulator/options.ts';
import { startSimulator } from '../local/simulator/server.ts';

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
  return options.events === undefined ? new MemoryEventLog() : new EventFile(options.events);
}

function oneLine(error: unknown): string {
  if (error instanceof ConfigurationError) return error.problems.join('; ');
  return error instanceof Error ? error.message : String(error);
}

function isUsersToMend(error: unknown): boolean {
  const code = (error as { code?: string }).code ?? '';
  return error instanceof AuditBusError || ['EADDRINUSE', 'EACCES'].includes(code);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  if (!isUsersToMend(error)) throw error;
  process.stderr.write(`simulator: ${oneLine(error)}\n`);
  process.exitCode = BAD_USAGE;
});
