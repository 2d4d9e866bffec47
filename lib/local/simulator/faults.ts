// Reads a list of faults (`rate-limit:every=2:retry-after=3,slow-body`) and decides whose turn it is.
// What each fault is stands in fault-list.ts.
import { ConfigurationError } from '../../errors.ts';
import { FAULTS, type FaultDefinition, type FaultName, isFaultName } from './fault-list.ts';
import { Random } from './random.ts';

export interface Fault {
  readonly name: FaultName;
  readonly definition: FaultDefinition;
  /** Due at each n-th occasion, `times` times at most, the first `after` occasions left alone. */
  readonly every: number;
  readonly times: number;
  readonly after: number;
  /** Instead of `every`: due with this chance, by the seed. */
  readonly chance: number | undefined;
  /** Only for this workspace. */
  readonly workspace: string | undefined;
  readonly parameters: Readonly<Record<string, number | string | boolean>>;
}

/**
 * `name[:key=value]...`, separated by commas. @throws ConfigurationError with every problem of the list
 */
export function parseFaults(list: string): Fault[] {
  const problems: string[] = [];
  const faults = list
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
    .map((item) => parseFault(item, problems));
  if (problems.length > 0) throw new ConfigurationError('The list of faults', problems);
  return faults.filter((fault) => fault !== undefined);
}

function parseFault(item: string, problems: string[]): Fault | undefined {
  const [name = '', ...settings] = item.split(':');
  if (!isFaultName(name)) {
    problems.push(
      `there is no fault ${JSON.stringify(name)}; the faults are ${Object.keys(FAULTS).join(', ')}`,
    );
    return undefined;
  }
  const definition: FaultDefinition = FAULTS[name];
  const given = new Map(settings.map((setting) => splitSetting(setting)));
  const take = (
    key: string,
    fallback: number,
    fits: (value: number) => boolean,
    wanted: string,
  ) => {
    const text = given.get(key);
    given.delete(key);
    if (text === undefined) return fallback;
    const value = text === '' ? Number.NaN : Number(text);
    if (!fits(value)) problems.push(`${name}: ${key} must be ${wanted} (given: ${text})`);
    return value;
  };
  const isWhole = (least: number) => (value: number) => Number.isInteger(value) && value >= least;
  const every = take('every', definition.every, isWhole(1), 'a whole number from 1');
  const times = take('times', Number.POSITIVE_INFINITY, isWhole(1), 'a whole number from 1');
  const after = take('after', 0, isWhole(0), 'a whole number from 0');
  const hasChance = given.has('chance');
  const chance = take('chance', 0, (value) => value > 0 && value <= 1, 'above 0 and at most 1');
  const workspace = given.get('workspace');
  given.delete('workspace');
  const parameters: Record<string, number | string | boolean> = {};
  for (const [key, fallback] of Object.entries(definition.parameters ?? {})) {
    if (typeof fallback === 'number') {
      parameters[key] = take(key, fallback, isWhole(0), 'a whole number from 0');
    } else {
      const text = given.get(key);
      given.delete(key);
      parameters[key] = typeof fallback === 'boolean' ? text === 'true' : (text ?? fallback);
      if (typeof fallback === 'boolean' && text !== undefined && !/^(true|false)$/.test(text)) {
        problems.push(`${name}: ${key} must be true or false (given: ${text})`);
      }
    }
  }
  for (const key of given.keys())
    problems.push(`${name}: there is no setting ${JSON.stringify(key)}`);
  return {
    name,
    definition,
    every,
    times,
    after,
    chance: hasChance ? chance : undefined,
    workspace,
    parameters,
  };
}

function splitSetting(setting: string): [key: string, value: string] {
  const equals = setting.indexOf('=');
  return equals < 0 ? [setting, ''] : [setting.slice(0, equals), setting.slice(equals + 1)];
}

export function numberOf(fault: Fault, parameter: string): number {
  return Number(fault.parameters[parameter]);
}

/** Counts occasions per workspace and says which faults are due. The same seed and requests give the same faults. */
export class FaultSchedule {
  readonly #faults: readonly Fault[];
  readonly #seed: string | number;
  readonly #seen = new Map<string, number>();
  readonly #hits = new Map<string, number>();

  constructor(faults: readonly Fault[], seed: string | number) {
    this.#faults = faults;
    this.#seed = seed;
  }

  /** The one fault of kind `request` that is due now. Those listed behind it have not seen this request. */
  forRequest(workspaceGid: string, hasOffset: boolean): Fault | undefined {
    return this.#of('request', workspaceGid).find(
      (fault) => (hasOffset || !NEEDS_OFFSET.has(fault.name)) && this.#isDue(fault, workspaceGid),
    );
  }

  /** All faults of kind `feed` that are due with this page. `late-event` counts events, so it is always one of them. */
  forPage(workspaceGid: string, hasOffset: boolean): Fault[] {
    return this.#of('feed', workspaceGid).filter(
      (fault) =>
        fault.name === 'late-event' ||
        ((hasOffset || !NEEDS_OFFSET.has(fault.name)) && this.#isDue(fault, workspaceGid)),
    );
  }

  /** All faults of kind `event` that change the event at this place in the log, in the order listed. */
  forEvent(workspaceGid: string, index: number): Fault[] {
    return this.eventFaults(workspaceGid).filter((fault) => this.#isTurn(fault, index + 1));
  }

  eventFaults(workspaceGid: string): Fault[] {
    return this.#of('event', workspaceGid);
  }

  #of(kind: FaultDefinition['kind'], workspaceGid: string): Fault[] {
    return this.#faults.filter(
      (fault) =>
        fault.definition.kind === kind &&
        (fault.workspace === undefined || fault.workspace === workspaceGid),
    );
  }

  #isDue(fault: Fault, workspaceGid: string): boolean {
    const key = `${this.#faults.indexOf(fault)} ${workspaceGid}`;
    const seen = (this.#seen.get(key) ?? 0) + 1;
    this.#seen.set(key, seen);
    const hits = this.#hits.get(key) ?? 0;
    if (hits >= fault.times || !this.#isTurn(fault, seen)) return false;
    this.#hits.set(key, hits + 1);
    return true;
  }

  /** `occasion` counts from 1. */
  #isTurn(fault: Fault, occasion: number): boolean {
    const counted = occasion - fault.after;
    if (counted < 1) return false;
    if (fault.chance !== undefined) {
      const random = new Random(this.#seed, this.#faults.indexOf(fault), occasion);
      return random.next() < fault.chance;
    }
    const isEvent = fault.definition.kind === 'event';
    return counted % fault.every === 0 && (!isEvent || counted / fault.every <= fault.times);
  }
}

/** Requests without an offset are no occasion for these. */
const NEEDS_OFFSET: ReadonlySet<FaultName> = new Set([
  'expire-offsets',
  'invalid-offsets',
  'duplicate-across-pages',
  'offset-once',
  'stuck-offset',
]);
