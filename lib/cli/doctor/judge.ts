// What doctor makes of what it has read: pure, a function for each thing. Reading is the checks' business.
import type { SlackCredential } from '../../alerts/slack/secret.ts';
import { utc } from '../../alerts/words.ts';
import type { AuditBusError } from '../../errors.ts';
import { publishedUntil } from '../../poller/checkpoint.ts';
import type { StoredCheckpoint } from '../../poller/checkpoint-store.ts';
import { isLeased } from '../../poller/move.ts';
import { cleanText } from '../../text.ts';
import { PUT_BACK } from '../target/aws-errors.ts';
import { spanWords } from '../terminal/span-words.ts';
import { type Finding, failure, ok, warning } from './finding.ts';

/** As the alarm "Lag" has it: half an hour is late. */
const LATE_MS = 30 * 60_000;
const SETTLED = /^(CREATE|UPDATE|IMPORT)_COMPLETE$/;

export function judgeStack(name: string, status: string): Finding {
  if (SETTLED.test(status)) return ok(`${name} is deployed (${status})`);
  return status.endsWith('_IN_PROGRESS')
    ? warning(`${name} is being changed (${status})`, 'wait until it is done, then look again')
    : failure(
        `${name} is not as it was last deployed (${status})`,
        'look at its events in CloudFormation, mend the cause, then npx cdk deploy',
      );
}

/** @param refusal what Asana, or the way to it, answered; undefined where it answered with a page */
export function judgeToken(gid: string, refusal: AuditBusError | undefined): Finding {
  if (refusal === undefined) return ok('Asana accepts it and shows the audit log', gid);
  const words = `Asana does not answer with the audit log (${refusal.code})`;
  return refusal.retryable
    ? warning(words, `${cleanText(refusal.message)} Try again later.`, gid)
    : failure(words, `${cleanText(refusal.message)}${adviceOn(refusal)}`, gid);
}

function adviceOn({ code }: AuditBusError): string {
  return code === 'asana.not-json' || code === 'asana.unexpected-status'
    ? " See whether asanaBaseUrl is an address of Asana's API."
    : '';
}

export function judgeSlack(credential: SlackCredential, set: boolean): Finding {
  if (!set) {
    return warning(
      'the secret has no value: no alert goes to Slack',
      'run the command in the output Step2SetSlackWebhook, or set "slack": false and deploy',
    );
  }
  if (credential.kind === 'none') {
    return failure(
      `the secret's value is of no use: ${credential.problem}`,
      'put an incoming webhook URL or a bot token into it (output Step2SetSlackWebhook)',
    );
  }
  const what = credential.kind === 'bot' ? "a bot's token" : 'an incoming webhook';
  return ok(`the secret holds ${what}; --send-test shows whether Slack takes it`);
}

export function judgeTopic(
  name: string,
  { confirmed, pending }: { readonly confirmed: number; readonly pending: number },
): Finding {
  if (pending > 0) {
    return warning(
      `${pending} of its subscriptions not confirmed`,
      'follow the link in the mail from AWS Notifications, or subscribe anew: it expires after two days',
      name,
    );
  }
  return confirmed > 0
    ? ok(`subscriptions: ${confirmed}`, name)
    : warning(
        'nobody is subscribed',
        'set alertEmail and deploy, or subscribe to it (aws sns subscribe)',
        name,
      );
}

/** @param made names of those that the stack has made */
export function judgeRules(
  rules: readonly { name: string; enabled: boolean }[],
  made: readonly string[],
): Finding[] {
  if (rules.length === 0) {
    return [failure('the bus has no rules: nothing raises or delivers alerts', PUT_BACK)];
  }
  const found = [
    ...rules
      .filter(({ enabled }) => !enabled)
      .map(({ name }) =>
        failure('is disabled', `aws events enable-rule, or ${PUT_BACK} to put all back`, name),
      ),
    ...missing(rules, made).map((name) =>
      failure('is gone: what it is for does not happen', PUT_BACK, name),
    ),
  ];
  return found.length > 0 ? found : [ok(`all ${rules.length} are enabled`)];
}

function missing(found: readonly { name: string }[], made: readonly string[]): string[] {
  const names = new Set(found.map(({ name }) => name));
  return made.filter((name) => !names.has(name));
}

/**
 * @param waiting messages that nobody has taken
 * @param kind `ticks`: dead letters of the scheduler, which are worth nothing once the next tick has come
 */
export function judgeQueue(
  name: string,
  waiting: number,
  kind: 'work' | 'dead' | 'ticks',
): Finding {
  if (waiting === 0) return ok('empty', name);
  if (kind === 'ticks') {
    return warning(
      `${counted(waiting, 'tick')} of the scheduler missed`,
      'nothing where polling goes on: they go by themselves',
      name,
    );
  }
  if (kind === 'dead') {
    return failure(
      `${counted(waiting, 'message')} for a person to look at`,
      `npm run dlq -- list --queue ${name}`,
      name,
    );
  }
  return warning(
    `${counted(waiting, 'message')} waiting`,
    'look again in a minute; where it grows, read the log of the function that takes from it',
    name,
  );
}

export function judgeQuarantine(objects: number, more: boolean): Finding {
  if (objects === 0) return ok('empty');
  return warning(
    `${more ? 'more than ' : ''}${counted(objects, 'event')} that nobody has dealt with`,
    'npm run dlq -- list --queue quarantine',
  );
}

/** @param running whether something polls at all; a local run need not be on */
export function judgePolling(
  gid: string,
  stored: StoredCheckpoint | undefined,
  now: number,
  running = true,
): Finding {
  if (stored === undefined) {
    return warning(
      'never polled',
      "set its token's secret; polling begins within its interval (or see the log of the poll function)",
      gid,
    );
  }
  const { checkpoint } = stored;
  const lag = now - publishedUntil(checkpoint);
  const when = `all read until ${utc(new Date(publishedUntil(checkpoint)).toISOString())}`;
  const words = `${when}, ${spanWords(lag)} ago`;
  if (checkpoint.refusal !== undefined) {
    return failure(
      `${words}; refused since then (${checkpoint.refusal})`,
      'see what the check "token" says; the poll after it is mended goes on where the last one ended',
      gid,
    );
  }
  if (checkpoint.notBefore !== undefined && Date.parse(checkpoint.notBefore) > now) {
    return warning(
      `${words}; Asana asked to wait until ${utc(checkpoint.notBefore)}`,
      'nothing but to ask who else uses the API',
      gid,
    );
  }
  if (lag < LATE_MS) return ok(words, gid);
  if (!running) return warning(`${words}; nothing polls`, 'npm start goes on from there', gid);
  if (isLeased(stored, now))
    return warning(`${words}; a poll is under way`, 'look again in a minute', gid);
  return failure(
    words,
    'polls do not run or do not succeed: the runbook\'s "Poller not running" and "Poller failing" say what to do',
    gid,
  );
}

/** @param silentFrom epoch milliseconds: since when there is a silence that was reported */
export function judgeFeed(gid: string, silentFrom: number | undefined): Finding[] {
  if (silentFrom === undefined) return [];
  const since = utc(new Date(silentFrom).toISOString());
  return [
    warning(
      `polled well, and no event since ${since}: longer than usual`,
      'the runbook\'s "Feed silent" says what to do',
      gid,
    ),
  ];
}

export interface AlarmState {
  readonly name: string;
  readonly state: string;
  /** The last line of its description. */
  readonly runbook: string | undefined;
  readonly reason: string;
  readonly actionsEnabled: boolean;
}

/** @param made names of those that the stack has made */
export function judgeAlarms(alarms: readonly AlarmState[], made: readonly string[]): Finding[] {
  if (alarms.length === 0) {
    return [failure('there are none: nobody hears of trouble', PUT_BACK)];
  }
  const found = alarms.flatMap(({ name, state, runbook, reason, actionsEnabled }): Finding[] => [
    ...(state === 'ALARM'
      ? [
          failure(
            `rings: ${cleanText(reason).slice(0, 200)}`,
            runbook ?? 'see docs/runbook.md',
            name,
          ),
        ]
      : []),
    ...(actionsEnabled
      ? []
      : [
          warning(
            'tells nobody: its actions are disabled',
            'aws cloudwatch enable-alarm-actions',
            name,
          ),
        ]),
  ]);
  const gone = missing(alarms, made).map((name) =>
    failure('is gone: nobody hears of what it watched', PUT_BACK, name),
  );
  return found.length + gone.length > 0
    ? [...found, ...gone]
    : [ok(`none of ${alarms.length} rings`)];
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
