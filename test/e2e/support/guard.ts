// Runs one command in a process group of its own and ends the whole group as soon as whoever asked for it is gone,
// killed outright included: the starter holds the other end of stdin. Prints nothing itself.
import { spawn } from 'node:child_process';

/** Time to end well after SIGTERM, before SIGKILL. */
const GRACE_MILLISECONDS = 2_000;

function main(): void {
  const [command = '', ...args] = process.argv.slice(2);
  const child = spawn(command, args, { detached: true, stdio: ['ignore', 'inherit', 'inherit'] });
  const signalGroup = (signal: NodeJS.Signals): void => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  };
  let ending = false;
  const end = (): void => {
    if (ending) return;
    ending = true;
    signalGroup('SIGTERM');
    setTimeout(() => signalGroup('SIGKILL'), GRACE_MILLISECONDS).unref();
  };
  child.once('error', (error) => {
    process.stderr.write(`${command}: ${error.message}\n`);
    process.exit(127);
  });
  child.once('exit', (code) => {
    // What the command started and left behind is in its group.
    signalGroup('SIGKILL');
    process.exit(code ?? 1);
  });
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, end);
  process.stdin.on('close', end).on('error', end).resume();
}

main();
