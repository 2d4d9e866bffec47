// `npm run backtest`: what the detections would have raised over a history, before any of them pages anybody.
// Reading, running and counting are lib/backtest's; here they meet a command line and a terminal.
import { backtest } from '../backtest/backtest.ts';
import { Tally } from '../backtest/tally.ts';
import { counted } from '../local/show.ts';
import { readBacktestOptions } from './backtest/options.ts';
import { problemLines, reportText, summaryOf } from './backtest/report.ts';
import { EXIT, runCommand, type Terminal } from './terminal/command.ts';
import { progressBar } from './terminal/progress-bar.ts';

const HELP = `Runs the detections over a history, by the engines of the deployment, and says what they would have raised.

  npm run backtest -- --events FILE... [options]

  --events FILE...     JSON lines, gzip too, in any order: events as Asana sends them, as they are on the
                       bus, or what npm start --json wrote; "-" is standard input
  --since, --until WHEN  only events from the one on and before the other: 2026-10-01 (UTC), or a timestamp
  --detections IDS     only these, separated by commas; asana.login.* is all that begin so. One named in
                       full runs though it is off, as if it were staged
  --config FILE        the auditLog object of cdk.json, that file itself, or its detections alone
  --compare WHAT       a file as for --config, or a commit of this repository: the alerts gained against
                       it, and those lost
  --workspace GID      the workspace of events that do not name one (default 0)
  --skip-malformed     lines that are no events do not make the exit code 1; they are told and counted still
  --json               JSON lines: {"kind":"alert",...} each, then {"kind":"summary",...}
  --help               this text

Exit codes: 0 done, 1 done, but for lines that are no events or detections whose code failed,
2 an option or a file is wrong. docs/tuning.md says more.
`;

/** Alerts written at once. */
const BATCH = 200;

await runCommand('backtest', HELP, main);

async function main(terminal: Terminal): Promise<number> {
  const command = await readBacktestOptions(terminal.args);
  const { options, json } = command;
  const bar = progressBar(terminal, command.bytes);
  const result = await backtest({ ...options, onProgress: bar.show }).finally(bar.end);
  try {
    const tally = new Tally();
    let lines: string[] = [];
    for (const compared of result.alerts()) {
      tally.add(compared);
      if (!json) continue;
      const { alert, is } = compared;
      const kind = is === 'lost' ? 'lost-alert' : 'alert';
      const change = command.against === undefined || is === 'lost' ? {} : { change: is };
      lines.push(`${JSON.stringify({ kind, ...change, ...alert })}\n`);
      if (lines.length < BATCH) continue;
      await terminal.out(lines.join(''));
      lines = [];
    }
    await terminal.out(lines.join(''));
    const summary = summaryOf(result, tally, command);
    await terminal.err(problemLines(result));
    await terminal.out(
      json
        ? `${JSON.stringify({ kind: 'summary', ...summary })}\n`
        : reportText(summary, terminal.colors),
    );
    const { malformed } = result.counts;
    if (malformed > 0 && !command.skipMalformed) {
      await terminal.err(
        `npm run backtest: ${counted(malformed, 'line')} left out that are no events; --skip-malformed takes that for well\n`,
      );
      return EXIT.no;
    }
    return result.failures.size > 0 ? EXIT.no : EXIT.well;
  } finally {
    result.close();
  }
}
