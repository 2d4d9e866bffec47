// `npm run doctor`: whether all is well with a deployment or a local run, and what to do where it is not.
// What is looked at is doctor/: this chooses the checks and shows what they found.
import { AuditBusError } from '../errors.ts';
import { cleanText } from '../text.ts';
import { deploymentChecks } from './doctor/deployment-checks.ts';
import {
  type Check,
  type Finding,
  failure,
  type Outcome,
  ok,
  runChecks,
  type Told,
} from './doctor/finding.ts';
import { firstChecks } from './doctor/first-checks.ts';
import { judgeStack } from './doctor/judge.ts';
import { localChecks } from './doctor/local-checks.ts';
import { sendTestCheck } from './doctor/test-alert.ts';
import { explained } from './target/aws-errors.ts';
import { awsConfig, callerArn, DEFAULT_STACK, findStack, regionOf } from './target/aws-target.ts';
import { TARGET_FLAGS, TARGET_HELP, withTarget } from './target/target.ts';
import { EXIT, readFlags, runCommand, type Terminal, yes } from './terminal/command.ts';

const HELP = `Looks whether all is well, and says what to do where it is not.

  npm run doctor [-- options]

Of a deployment: credentials, region, stack, secrets, whether Asana takes the token (one request for one
event; a 401, 402 and 403 are told apart), poller, bus, rules, queues, quarantine, where polling stands, alarms,
sinks. Before the first deploy: what can be looked at then, the configuration in cdk.json and a token in
ASANA_ACCESS_TOKEN with ASANA_WORKSPACE_GID among it. No secret is ever shown. The request comes from this
machine: an IP allowlist in Asana may admit the function and not you, or the other way round.

  --send-test      send an alert marked [TEST] through bus and sinks, and look whether each sink takes it

Where
${TARGET_HELP}
  --json           one JSON object a line: {"kind":"finding","check":C,"outcome":"ok|warning|failure",...}
  --help           this text

Asana is asked at the address that the deployed function, or the run on the data folder, asks. Before the first
deploy, and where nothing runs, that is ASANA_BASE_URL of the environment, or Asana's own.

Exit codes: 0 no failure (there may be warnings), 1 a failure, 2 something given is not valid.
`;

const FLAGS = { ...TARGET_FLAGS, 'send-test': yes };
type Values = ReturnType<typeof readFlags<typeof FLAGS>>['values'];
const MARKS: Readonly<Record<Outcome, string>> = {
  ok: 'ok',
  warning: 'warning',
  failure: 'FAILURE',
};

type Tell = (told: Told) => Promise<void>;

await runCommand('doctor', HELP, main);

async function main(terminal: Terminal): Promise<number> {
  const { values } = readFlags(terminal.args, FLAGS);
  const counts = { ok: 0, warning: 0, failure: 0 };
  const tell: Tell = async (told) => {
    counts[told.outcome] += 1;
    await terminal.out(
      values.json ? `${JSON.stringify({ kind: 'finding', ...told })}\n` : line(told, terminal),
    );
  };
  if (values.data === undefined) await deployment(values, terminal, tell);
  else await local(values, terminal, tell);
  if (!values.json) {
    await terminal.out(
      `\n${counts.ok} ok, ${counts.warning} to look at, ${counts.failure} failed.\n`,
    );
  }
  return counts.failure === 0 ? EXIT.well : EXIT.no;
}

async function local(values: Values, terminal: Terminal, tell: Tell): Promise<void> {
  await withTarget(values, terminal, { create: false }, async (target) => {
    const { local: folder } = target;
    if (folder === undefined) return;
    await runChecks(localChecks({ ...target, local: folder }, terminal), tell);
    if (values['send-test']) await runChecks([sendTestCheck(target, terminal.clock)], tell);
  });
}

async function deployment(values: Values, terminal: Terminal, tell: Tell): Promise<void> {
  const { env, clock } = terminal;
  if (!(await account(values, terminal, tell))) {
    await runChecks(firstChecks(undefined, terminal), tell);
    return;
  }
  const stackName = values.stack ?? DEFAULT_STACK;
  let status: string;
  try {
    const { stack } = await explained(() => findStack(values, env));
    status = stack.StackStatus ?? 'unknown';
  } catch (error) {
    const known = error instanceof AuditBusError ? error : undefined;
    const isMissing = known?.code === 'target.stack-missing';
    const todo = isMissing
      ? `npx cdk deploy, or name the stack with --stack and its region with --region`
      : cleanText(known?.message ?? String(error));
    const words = isMissing
      ? `there is no ${stackName} in this account and region`
      : 'cannot be read';
    await runChecks([found('stack', failure(words, todo))], tell);
    await runChecks(firstChecks(awsConfig(values.region, env), terminal), tell);
    return;
  }
  await runChecks([found('stack', judgeStack(stackName, status))], tell);
  try {
    await withTarget(values, terminal, { create: false }, async (target) => {
      const { deployed } = target;
      if (deployed === undefined) return;
      await runChecks(deploymentChecks({ ...target, deployed }, terminal), tell);
      if (values['send-test']) await runChecks([sendTestCheck(target, clock)], tell);
    });
  } catch (error) {
    // A stack that failed half-way has no outputs, so that nothing in it can be found.
    if (!(error instanceof AuditBusError) || error.code !== 'target.stack-unfinished') throw error;
    await runChecks([found('stack', failure('has not all its outputs', error.message))], tell);
  }
}

/** @returns whether there is an account to look at */
async function account(values: Values, { env }: Terminal, tell: Tell): Promise<boolean> {
  const config = awsConfig(values.region, env);
  try {
    const region = await explained(() => regionOf(config));
    await runChecks([found('region', ok(region))], tell);
    const arn = await explained(() => callerArn(config));
    await runChecks([found('credentials', ok(cleanText(arn)))], tell);
    return true;
  } catch (error) {
    const known = error instanceof AuditBusError ? error : undefined;
    const name = known?.code === 'target.region' ? 'region' : 'credentials';
    const words = name === 'region' ? 'none is set' : 'AWS does not answer to them';
    await runChecks(
      [found(name, failure(words, cleanText(known?.message ?? String(error))))],
      tell,
    );
    return false;
  }
}

function found(name: string, finding: Finding): Check {
  return { name, find: async () => [finding] };
}

function line({ check, outcome, of, words, todo }: Told, { colors }: Terminal): string {
  const paint = { ok: colors.green, warning: colors.yellow, failure: colors.red }[outcome];
  const what = of === undefined ? check : `${check} ${cleanText(of)}`;
  const first = `${paint(MARKS[outcome].padEnd(8))} ${colors.bold(what)}: ${cleanText(words)}`;
  return todo === undefined
    ? `${first}\n`
    : `${first}\n${' '.repeat(9)}${colors.dim('do:')} ${cleanText(todo)}\n`;
}
