// What must be true of a world once all is done, whatever went wrong on the way: the count every run ends with.
import { isDeepStrictEqual } from 'node:util';
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
  /** Pages that each death may double, beside the entries whose answers were lost. @default 2 */
  readonly pagesADeath?: number;
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
  const { deaths, lostEntries } = world.injected;
  const bound = deaths * (expected.pagesADeath ?? 2) * world.options.pageSize + lostEntries;
  if (doubled > bound) problems.push(`${doubled} events doubled, the bound is ${bound}`);
  return { logged: logged.size, onBus: onBus.size, quarantined: objects.size, doubled };
}

/** The gid in an event's text, however deep the rest of it is nested. */
function gidIn(body: string): string | undefined {
  return /"gid":"?([^",}]+)/.exec(body)?.[1];
}

/** @returns the alerts opened, by id */
function countAlerts(world: World, problems: string[]): Map<string, Alert> {
  const opened = new Map<string, Alert>();
  const newest = new Map<string, Alert>();
  for (const { Source, DetailType, Detail } of world.bench.bus.entries) {
    if (Source !== ALERT_SOURCE) continue;
    const { data } = JSON.parse(Detail) as { data: Alert };
    if (DetailType === ALERT_DETAIL_TYPES.opened) opened.set(data.alertId, data);
    if ((newest.get(data.alertId)?.revision ?? 0) < data.revision) newest.set(data.alertId, data);
  }
  const ids = new Map<string, Set<string>>();
  for (const { detectionId, entity, alertId } of opened.values()) {
    const key = `${detectionId} ${entity.type} ${entity.id}`;
    ids.set(key, (ids.get(key) ?? new Set()).add(alertId));
  }
  for (const [key, set] of ids) {
    if (set.size > 1) problems.push(`${key} opened under ${set.size} ids`);
  }
  for (const [key, gids] of expectedMatches(world)) {
    const [id, ...others] = ids.get(key) ?? [];
    if (id === undefined || others.length > 0) {
      problems.push(`${key} has ${ids.get(key)?.size ?? 0} alerts, not one`);
      continue;
    }
    const alert = newest.get(id);
    if (alert?.count !== gids.size) {
      problems.push(`${key} counts ${alert?.count} events, not ${gids.size}`);
    }
    const stray = alert?.eventGids.filter((gid) => !gids.has(gid)) ?? [];
    if (stray.length > 0) problems.push(`${key} holds ${stray}, which do not match`);
  }
  return opened;
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
  alerts: ReadonlyMap<string, Alert>,
  { exactMessages = true, rollUps = false }: Expectation,
  problems: string[],
) {
  const messages = { slack: slackMessages(world), sns: snsMessages(world) };
  const doubledMessages = { slack: 0, sns: 0 };
  for (const sink of SINKS) {
    const counts = new Map<string, number>();
    for (const id of messages[sink]) counts.set(id, (counts.get(id) ?? 0) + 1);
    const missing = [...alerts.keys()].filter((id) => !counts.has(id));
    if (missing.length > 0 && !rollUps)
      problems.push(`${sink} lacks alerts ${missing.slice(0, 3)}`);
    const unknown = [...counts.keys()].filter((id) => !alerts.has(id));
    if (unknown.length > 0)
      problems.push(`${sink} has messages of no alert: ${unknown.slice(0, 3)}`);
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

/** The alert ids of messages that say that one opened. */
function slackMessages(world: World): string[] {
  const texts = [
    ...world.bench.slack.messages
      .filter(({ text }) => !String(text).startsWith('Over: '))
      .map((message) => JSON.stringify(message)),
    // A bot's message is edited as its alert goes on and ends.
    ...world.bench.slackApi.messages
      .filter(({ threadTs }) => threadTs === undefined)
      .map(({ blocks }) => blocks),
  ];
  return texts.flatMap((text) => /Alert ([0-9a-f]{32})/.exec(text)?.[1] ?? []);
}

function snsMessages(world: World): string[] {
  return world.bench.aws.published
    .filter(({ attributes }) => attributes['notice'] === 'opened')
    .map(({ message }) => {
      const { default: json } = JSON.parse(message) as { default: string };
      return (JSON.parse(json) as Alert).alertId;
    });
}
