// A detection whose code fails is counted each time and named on the bus seldom: once an hour.
import { beforeEach, expect, it } from 'vitest';
import type { BusEntry, Publisher } from '../../../lib/bus/publisher-port.ts';
import { FailureReports } from '../../../lib/detections/failures/reports.ts';
import { silentLog } from '../../../lib/log.ts';
import { type ManualClock, manualClock } from '../../support/manual-clock.ts';

const HOUR = 3_600_000;
let clock: ManualClock;
let counted: string[];
let sent: BusEntry[];
let refuses: boolean;
let reports: FailureReports;

beforeEach(() => {
  clock = manualClock();
  [counted, sent, refuses] = [[], [], false];
  const publisher: Publisher = {
    publish: async (entries) => {
      if (!refuses) sent.push(...entries);
      return { published: entries.map(() => !refuses), poison: [], retries: 0 };
    },
  };
  const count = (id: string) => counted.push(id);
  reports = new FailureReports({ publisher, clock, log: silentLog, count });
});

const named = () => sent.map(({ detail }) => JSON.parse(detail).data.detectionId);

it('names each detection once an hour, and counts each failure', async () => {
  for (const id of ['a', 'a', 'b']) reports.detectionFailed(id, '12');
  await reports.publish();
  reports.detectionFailed('a', '12');
  await reports.publish();
  expect([named(), counted]).toEqual([
    ['a', 'b'],
    ['a', 'a', 'b', 'a'],
  ]);
  clock.advance(HOUR);
  reports.detectionFailed('a', '34');
  await reports.publish();
  expect(named()).toEqual(['a', 'b', 'a']);
});

it('is an operational event of the workspace', async () => {
  reports.detectionFailed('asana.x', '12');
  await reports.publish();
  expect(sent).toEqual([
    expect.objectContaining({
      source: 'asana.audit-log.poller',
      detailType: 'Detection Failing',
    }),
  ]);
  expect(JSON.parse(sent[0]?.detail ?? '')).toMatchObject({
    metadata: { workspaceGid: '12' },
    data: { code: 'detection.failing', detectionId: 'asana.x' },
  });
});

it('what the bus did not take is named at the next failure', async () => {
  refuses = true;
  reports.detectionFailed('a', '12');
  await reports.publish();
  refuses = false;
  await reports.publish();
  expect(sent).toEqual([]);
  reports.detectionFailed('a', '12');
  await reports.publish();
  expect(named()).toEqual(['a']);
});
