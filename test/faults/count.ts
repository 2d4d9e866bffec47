// What must be true of a world once all is done, whatever went wrong on the way: the count every run ends with.
import { isDeepStrictEqual } from 'node:util';
import { UPDATE_EVERY_MS } from '../../lib/alerts/life/rules.ts';
import { MAX_ENTRIES_PER_REQUEST } from '../../lib/bus/chunker.ts';
import type { Alert } from '../../lib/contract/alert.ts';
import { ALERT_DETAIL_TYPES, ALERT_SOURCE, AUDIT_LOG_SOURCE } from '../../lib/contract/sources.ts';
import { TOKEN } from './functions.ts';
import { SINKS, type SinkName, type World } from './world.ts';

type Data = Readonly<Record<string, unknown>>;

export interface Count {
  readonly logged: number;
  readonly onBus: number;
  readonly quarantined: number;
  readonly doubled: number;
  readonly alerts: number;
  readonly messages: Readonly<Record<SinkName, number>>;
  readonly doubledMessages: Readonly<Record<SinkName, number>>;
}

export interface Expectation {
  /** Faults change events on their way: they are recognised by gid alone. */
  readonly changes?: boolean;
  /** Messages of a sink are as many as alerts and lost answers, no fewer and no more. @default true */
  readonly exactMessages?: boolean;
  /** Alerts may have come as roll-ups. */
  readonly rollUps?: boolean;
}

/** @returns the figures, and what is wrong in words */
export function count(
  world: World,
  expected: Expectation = {},
): { count: Count; problems: string[] } {
  const problems: string[] = [];
  const feed = countFeed(world, expected, problems);
  const alerts = countAlerts(world, problems);
  const sinks = countSinks(world, alerts, expected, problems);
  const leak = world.logged.find((line) => line.includes(TOKEN));
  if (leak !== undefined) problems.push(`the token is in the log: ${leak}`);
  return { count: { ...feed, alerts: alerts.size, ...sinks }, problems };
}

interface OnBus {
  readonly data: Data;
  readonly quarantine: string | undefined;
}

function countFeed(world: World, expected: Expectation, problems: string[]) {
  const { log } = world.simulator;
  const logged = new Map<string, Data>();
  for (const line of log.read(Array.from({ length: log.index.length }, (_, index) => index))) {
    const event = JSON.parse(line.toString('utf8')) as Data;
    logged.set(String(event['gid']), event);
  }
  const onBus = new Map<string, OnBus[]>();
  for (const entry of world.bench.bus.entries) {
    if (entry.Source !== AUDIT_LOG_SOURCE) continue;
    const { metadata, data } = JSON.parse(entry.Detail) as { metadata: Data; data: Data };
    const gid = String(data['gid']);
    const quarantine = metadata['quarantine'] as string | undefined;
    onBus.set(gid, [...(onBus.get(gid) ?? []), { data, quarantine }]);
  }
  const objects = new Map(
    [...world.bench.aws.objects].map(([path, body]): [string, string] => [`s3:/${path}`, body]),
  );
  const whole = new Set<string>();
  for (const body of objects.values()) {
    const gid = gidIn(body);
    if (gid !== undefined) whole.add(gid);
  }

  const lost = [...logged.keys()].filter((gid) => !onBus.has(gid) && !whole.has(gid));
  if (lost.length > 0) problems.push(`lost: ${lost.length} events, ${lost.slice(0, 3)}`);
  const invented = [...onBus.keys()].filter((gid) => !logged.has(gid));
  if (invented.length > 0) problems.push(`nobody logged ${invented.slice(0, 3)}`);
  for (const [gid, copies] of onBus) {
    for (const { data, quarantine } of copies) {
      if (quarantine !== undefined) {
        const body = objects.get(quarantine);
        if (body === undefined || gidIn(body) !== gid) {
          problems.push(`${gid} is cut, and not whole at ${quarantine}`);
        }
      } else if (!expected.changes && !isDeepStrictEqual(data, logged.get(gid))) {
        problems.push(`${gid} is on the bus as something else`);
      }
    }
  }
  const copies = [...onBus.values()].reduce((sum, list) => sum + list.length, 0);
  const doubled = copies - onBus.size;
  const { deaths, thefts, lostEntries } = world.injected;
  const inFlight = world.setting.requestsInFlight * MAX_ENTRIES_PER_REQUEST;
  const { pageSize } = world.options;
  const bound = deaths * (pageSize + inFlight) + thefts * pageSize + lostEntries;
  // What is cut counts as done once its report is out too: a page that could not be finished sends it again.
  const unfinished = world.polls.some(
    ({ code, outcome }) => code?.startsWith('publish.') || outcome === 'out-of-time',
  );
  const cutTwice = [...onBus.values()].reduce(
    (sum, list) => sum + Math.max(0, list.filter(({ quarantine }) => quarantine).length - 1),
    0,
  );
  if (doubled - (unfinished ? cutTwice : 0) > bound) {
    const runs = world.polls.map(
      ({ code, outcome, published }) => `${code ?? outcome} ${published}`,
    );
    problems.push(`${doubled} events doubled, the bound is ${bound}; runs: ${runs.join(', ')}`);
  }
  return { logged: logged.size, onBus: onBus.size, quarantined: objects.size, doubled };
}

/** The gid in an event's text, however deep the rest of it is nested. */
function gidIn(body: string): string | undefined {
  return /"gid":"?([^",}]+)/.exec(body)?.[1];
}

/** What the bus has of an alert. */
interface Told {
  readonly opened?: Alert;
  readonly newest: Alert;
}

/** @returns the alerts, by id */
function countAlerts(world: World, problems: string[]): Map<string, Told> {
  const revisions = new Map<string, Revision[]>();
  for (const { Source, DetailType, Detail } of world.bench.bus.entries) {
    if (Source !== ALERT_SOURCE) continue;
    const { metadata, data } = JSON.parse(Detail) as { metadata: Data; data: Alert };
    const at = Date.parse(String(metadata['publishedAt']));
    const list = revisions.get(data.alertId) ?? [];
    revisions.set(data.alertId, [...list, { type: DetailType, at, alert: data }]);
  }
  const told = new Map<string, Told>();
  const ids = new Map<string, Set<string>>();
  for (const [alertId, list] of revisions) {
    problems.push(...revisionProblems(list).map((text) => `alert ${alertId} ${text}`));
    const [newest] = list.map(({ alert }) => alert).sort((a, b) => b.revision - a.revision);
    const opened = list.find(({ type }) => type === ALERT_DETAIL_TYPES.opened)?.alert;
    if (newest === undefined) continue;
    told.set(alertId, { newest, ...(opened === undefined ? {} : { opened }) });
    const { detectionId, entity } = newest;
    const key = `${detectionId} ${entity.type} ${entity.id}`;
    ids.set(key, (ids.get(key) ?? new Set()).add(alertId));
  }
  for (const [key, set] of ids) {
    if (set.size > 1) problems.push(`${key} opened under ${set.size} ids`);
  }
  for (const [key, gids] of expectedMatches(world)) {
    const [id = '', ...others] = ids.get(key) ?? [];
    const alert = told.get(id)?.newest;
    if (alert === undefined || others.length > 0) {
      problems.push(`${key} has ${ids.get(key)?.size ?? 0} alerts, not one`);
      continue;
    }
    if (alert.count !== gids.size) {
      problems.push(`${key} counts ${alert.count} events, not ${gids.size}`);
    }
    const stray = alert.eventGids.filter((gid) => !gids.has(gid));
    if (stray.length > 0) problems.push(`${key} holds ${stray}, which do not match`);
  }
  return told;
}

/** A revision as it came onto the bus. */
interface Revision {
  readonly type: string;
  /** When it was published, milliseconds of the clock of whoever did. */
  readonly at: number;
  readonly alert: Alert;
}

/** Clocks of two processes differ by milliseconds, and the harness runs them a hundred times as fast. */
const LEAST_MS_BETWEEN_UPDATES = UPDATE_EVERY_MS - 5_000;

/** @param list of one alert, in the order of the bus */
function revisionProblems(list: readonly Revision[]): string[] {
  const problems: string[] = [];
  const firsts: Revision[] = [];
  for (const each of list) {
    const { revision } = each.alert;
    const known = firsts[revision - 1];
    if (known === undefined && revision !== firsts.length + 1) {
      problems.push(`has revision ${revision} before ${firsts.length + 1}`);
    }
    if (known !== undefined && !isDeepStrictEqual(known.alert, each.alert)) {
      problems.push(`has two contents under revision ${revision}`);
    }
    firsts[revision - 1] ??= each;
  }
  const { opened, updated, closed } = ALERT_DETAIL_TYPES;
  if (firsts.some(({ type }, at) => (type === opened) !== (at === 0))) {
    problems.push('opens otherwise than once and first');
  }
  const updates = firsts.filter(({ type }) => type === updated);
  for (const [at, { at: published }] of updates.entries()) {
    const before = updates[at - 1]?.at ?? Number.NEGATIVE_INFINITY;
    if (published - before < LEAST_MS_BETWEEN_UPDATES) {
      problems.push(`is updated twice within ${published - before} ms`);
    }
  }
  const last = firsts.at(-1);
  const closings = firsts.filter(({ type }) => type === closed).length;
  // The events that led to an alert are counted in it, but it ends only where another one came after.
  const isSeveral =
    updates.length > 0 || (last?.alert.detectionId === SAML && last.alert.count > 1);
  if (closings > 1 || (isSeveral && closings === 0)) {
    problems.push(
      `${last?.alert.detectionId} ${last?.alert.firstSeen} of ${last?.alert.count} events is closed ${closings} times`,
    );
  }
  if (closings > 0 && last?.type !== closed) problems.push('goes on after its closing');
  return problems;
}

const SAML = 'asana.policy.saml-weakened';

/** Of the detection that needs nothing but the event: which gids each entity's one alert must hold. */
function expectedMatches(world: World): Map<string, Set<string>> {
  const matches = new Map<string, Set<string>>();
  for (const { Source, DetailType, Detail } of world.bench.bus.entries) {
    if (Source !== AUDIT_LOG_SOURCE || DetailType !== 'workspace_saml_settings_changed') continue;
    const { data } = JSON.parse(Detail) as { data: Data };
    const details = data['details'] as Data | undefined;
    const resource = data['resource'] as Data | undefined;
    if (details?.['new_value'] !== 'optional') continue;
    const key = `${SAML} ${resource?.['resource_type']} ${resource?.['gid']}`;
    matches.set(key, (matches.get(key) ?? new Set()).add(String(data['gid'])));
  }
  return matches;
}

function countSinks(
  world: World,
  alerts: ReadonlyMap<string, Told>,
  { exactMessages = true, rollUps = false }: Expectation,
  problems: string[],
) {
  const messages = { slack: slackMessages(world), sns: snsMessages(world) };
  const doubledMessages = { slack: 0, sns: 0 };
  const active = [...alerts].filter(([, { newest }]) => newest.status === 'active');
  const due = {
    opened: active.map(([id]) => `opened ${id}`),
    closed: active
      .filter(([, { newest }]) => newest.closedAt !== undefined)
      .map(([id]) => `closed ${id}`),
  };
  for (const sink of SINKS) {
    const counts = new Map<string, number>();
    for (const name of messages[sink]) counts.set(name, (counts.get(name) ?? 0) + 1);
    // A bot's message says itself that it is over.
    const edits = sink === 'slack' && world.options.slack === 'bot';
    const wanted = edits ? due.opened : [...due.opened, ...due.closed];
    const missing = wanted.filter((name) => !counts.has(name));
    if (missing.length > 0 && !rollUps) problems.push(`${sink} lacks ${missing.slice(0, 3)}`);
    const unknown = [...counts.keys()].filter((name) => !wanted.includes(name));
    if (unknown.length > 0) problems.push(`${sink} has what is no alert: ${unknown.slice(0, 3)}`);
    const doubled = messages[sink].length - counts.size;
    doubledMessages[sink] = doubled;
    const lost = world.injected.lostMessages[sink];
    const most = lost + world.injected.unconfirmed[sink];
    if (doubled > most || (exactMessages && most === lost && doubled !== lost)) {
      problems.push(
        `${sink} got ${doubled} messages twice, for ${lost} answers lost and ${most - lost} deaths`,
      );
    }
  }
  return {
    messages: { slack: messages.slack.length, sns: messages.sns.length },
    doubledMessages,
  };
}

/** What each message says of which alert: `opened <id>` or `closed <id>`. */
function slackMessages(world: World): string[] {
  const of = (text: string, kind: string) =>
    (/Alert ([0-9a-f]{32})/.exec(text)?.slice(1) ?? []).map((id) => `${kind} ${id}`);
  return [
    ...world.bench.slack.messages.flatMap((message) =>
      of(
        JSON.stringify(message),
        String(message['text']).startsWith('Over: ') ? 'closed' : 'opened',
      ),
    ),
    // A bot's message is edited as its alert goes on and ends.
    ...world.bench.slackApi.messages
      .filter(({ threadTs }) => threadTs === undefined)
      .flatMap(({ blocks }) => of(blocks, 'opened')),
  ];
}

function snsMessages(world: World): string[] {
  return world.bench.aws.published
    .filter(({ attributes }) => attributes['notice'] !== 'roll-up')
    .map(({ message, attributes }) => {
      const { default: json } = JSON.parse(message) as { default: string };
      return `${attributes['notice']} ${(JSON.parse(json) as Alert).alertId}`;
    });
}
