// Every fault of the simulated workspace by itself, through the whole poller: whatever the workspace holds ends up on
// the bus, or whole in quarantine, and what the poller says about it is as expected.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FAULTS, type FaultName } from '../../../lib/local/simulator/fault-list.ts';
import { sampleEvents } from '../../support/audit-log.ts';
import {
  type AwsWorld,
  codesOf,
  dataOf,
  type PollerWorld,
  startAwsWorld,
  startPollerWorld,
} from '../../support/poller-world.ts';
import { startCheckedSimulator } from '../../support/simulator.ts';

const EVENTS = sampleEvents(60);
const GIDS = EVENTS.map(({ gid }) => gid as string);

interface Expectation {
  /** The fault with its settings. */
  readonly list?: string;
  /** Codes that runs on the way may fail with. @default none fails */
  readonly failures?: readonly string[];
  /** Codes of operational events, each at least once, and no others. @default none */
  readonly reports?: readonly string[];
  /** Objects in quarantine. @default 0 */
  readonly quarantined?: number;
  /** What is on the bus is not what the log holds, since the fault changes it. */
  readonly changes?: boolean;
  /** The API refuses for good: nothing flows until the fault is gone. */
  readonly refusal?: string;
  readonly also?: (world: PollerWorld) => void;
}

const refused = (code: string): Expectation => ({ list: '', refusal: code, reports: [code] });
const quarantines = (count: number): Expectation => ({
  changes: true,
  quarantined: count,
  reports: ['event.quarantined'],
});
const offsets: Expectation = { reports: ['offset.expired'] };

/** An entry for each fault there is: the compiler sees to it. */
const EXPECTED: Record<FaultName, Expectation> = {
  unauthorized: refused('asana.unauthorized'),
  'payment-required': refused('asana.payment-required'),
  forbidden: refused('asana.forbidden'),
  'not-found': refused('asana.not-found'),
  'bad-request': refused('asana.bad-request'),
  'rate-limit': {},
  'server-error': {},
  'bad-gateway': {},
  unavailable: {},
  'gateway-timeout': {},
  redirect: { failures: ['asana.unexpected-status'] },
  'expire-offsets': offsets,
  'invalid-offsets': offsets,
  'slow-headers': { list: 'slow-headers:ms=40' },
  'slow-body': { list: 'slow-body:ms=100' },
  'connection-reset': {},
  'endless-body': {},
  'huge-header': {},
  'truncated-json': {},
  'not-json': {},
  'missing-data': {},
  'null-next-page': {},
  'padded-body': { list: 'padded-body:bytes=1100000:above=4' },
  'page-of-1000': {},
  'page-of-100': {},
  'duplicate-across-pages': {},
  'late-event': {},
  'offset-once': {},
  'stuck-offset': {},
  'foreign-next-page': {},
  'unparseable-page': { list: 'unparseable-page:at=23:above=3' },
  gzip: {},
  deprecation: {
    also: ({ lines }) =>
      expect(lines.filter(({ fields }) => 'asanaChange' in fields)).toHaveLength(1),
  },
  'oversize-event': quarantines(8),
  'unknown-type': { changes: true, reports: ['event-type.unknown'] },
  'missing-actor-fields': { changes: true },
  'non-object-entries': quarantines(5),
  'entry-without-gid': quarantines(8),
  'wrong-types': { changes: true },
  'deep-nesting': quarantines(8),
};

let aws: AwsWorld;
let next = 1_300_000_000_000_000;

beforeAll(async () => {
  aws = await startAwsWorld();
});
afterAll(() => aws.close());

const VARIANTS: readonly (readonly [list: string, FaultName])[] = [
  ...Object.entries(EXPECTED).map(([name, { list }]) => [list || name, name as FaultName] as const),
  ['connection-reset:at=headers', 'connection-reset'],
  ['connection-reset:at=body', 'connection-reset'],
  ['rate-limit:date=true:retry-after=2', 'rate-limit'],
  ['rate-limit:retry-after=0:every=2', 'rate-limit'],
  ['endless-body,gzip', 'endless-body'],
];

describe('each fault by itself', () => {
  it('names every fault', () => {
    expect(Object.keys(EXPECTED).toSorted()).toEqual(Object.keys(FAULTS).toSorted());
  });

  it.for(VARIANTS)('%s', async ([list, name]) => {
    const expected = EXPECTED[name];
    const workspaceGid = String(next++);
    const simulator = await startCheckedSimulator({
      events: EVENTS,
      pageSize: 10,
      workspaceGid,
      faults: list,
    });
    const world = await startPollerWorld(aws, { asanaUrl: simulator.url, workspaceGid });
    try {
      if (expected.refusal !== undefined) await refusedThenWell(world, simulator, expected.refusal);
      const summaries = await world.runToTheEnd();
      const failures = summaries.flatMap(({ failure }) => failure?.code ?? []);
      expect([...new Set(failures)]).toEqual(expected.failures ?? []);

      const quarantined = await world.quarantined();
      expect(quarantined).toHaveLength(expected.quarantined ?? 0);
      const counts = world.gids();
      expect([...counts.keys()].toSorted()).toEqual(GIDS);
      expect(new Set(counts.values())).toEqual(new Set([1]));
      if (!expected.changes) {
        const byGid = new Map(world.events().map((entry) => [dataOf(entry)['gid'], dataOf(entry)]));
        expect(GIDS.map((gid) => byGid.get(gid))).toEqual(EVENTS);
      }
      const reports = codesOf(world.operational());
      expect([...new Set(reports)].toSorted()).toEqual([...(expected.reports ?? [])].toSorted());
      expected.also?.(world);
      expect(await world.run()).toMatchObject({ published: 0 });
      expect(JSON.stringify(world.lines)).not.toContain('a-token');
    } finally {
      await world.close();
      await simulator.close();
    }
  });
});

/** Refused for good: each run fails, one report is made, nothing is published; then the fault is mended. */
async function refusedThenWell(
  world: PollerWorld,
  simulator: { setFaults(faults: string): void },
  code: string,
): Promise<void> {
  for (let count = 0; count < 3; count++) {
    const { outcome, failure } = await world.run();
    expect([outcome, failure?.code, failure?.retryable]).toEqual(['failed', code, false]);
  }
  expect(codesOf(world.bus.entries)).toEqual([code]);
  simulator.setFaults('');
}
