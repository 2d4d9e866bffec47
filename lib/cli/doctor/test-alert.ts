// Sends an alert that says it is a test the way every alert goes, and looks whether each sink has taken it.
import { randomUUID } from 'node:crypto';
import { DynamoClaims } from '../../alerts/delivery/claims.ts';
import { firstFate } from '../../alerts/delivery/deliver.ts';
import type { BusEntry } from '../../bus/publisher-port.ts';
import type { Clock } from '../../clock.ts';
import type { Alert } from '../../contract/alert.ts';
import { DEFAULT_ALARM_RUNBOOK_URL } from '../../contract/runbook.ts';
import { ALERT_DETAIL_TYPES, ALERT_SOURCE, SCHEMA_VERSION } from '../../contract/sources.ts';
import { cleanText } from '../../text.ts';
import { PUT_BACK } from '../target/aws-errors.ts';
import type { Target } from '../target/target.ts';
import { type Check, type Finding, failure, ok, warning } from './finding.ts';

/** A queue, a function that may start cold, and the sink's answer. */
const PATIENCE_MS = 60_000;
const LOOK_MS = 1_000;

/** Of the least severity, so that who pages by severity is not paged; `test` gets it past every sink's own least one. */
export function testAlert(by: string, id: string, now: number): Alert {
  const at = new Date(now).toISOString();
  return {
    alertId: id,
    revision: 1,
    detectionId: 'asana-audit-bus.test',
    detectionVersion: 1,
    title: '[TEST] Nothing has happened: a test alert',
    summary: `${cleanText(by)} sent this test with npm run doctor -- --send-test.`,
    severity: 'info',
    status: 'active',
    workspaceGid: '0',
    entity: { type: 'test', id, label: 'test alert' },
    count: 1,
    firstSeen: at,
    lastSeen: at,
    detectedAt: at,
    eventGids: [id],
    eventType: 'test',
    attack: [],
    triage: ['Nothing: whoever sent the test looks for it here.'],
    falsePositives: 'It is a test.',
    runbookUrl: DEFAULT_ALARM_RUNBOOK_URL,
    test: true,
  };
}

export function testEntry(alert: Alert): BusEntry {
  const { workspaceGid, detectedAt: publishedAt } = alert;
  const metadata = { schemaVersion: SCHEMA_VERSION, workspaceGid, publishedAt };
  return {
    source: ALERT_SOURCE,
    detailType: ALERT_DETAIL_TYPES.opened,
    time: Date.parse(publishedAt),
    detail: JSON.stringify({ metadata, data: alert }),
  };
}

export function sendTestCheck(target: Target, clock: Clock): Check {
  return {
    name: 'test alert',
    async find() {
      if (target.local !== undefined && !target.local.running) {
        return [warning('not sent: nothing runs on the data folder', 'npm start, then again')];
      }
      const alert = testAlert(await target.caller(), `test-${randomUUID()}`, clock.now());
      const {
        published,
        failure: why,
        poison,
      } = await target.publisher.publish([testEntry(alert)]);
      if (!published[0]) {
        const { code, message } = why ?? poison[0] ?? { code: 'unknown', message: '' };
        return [failure(`the bus did not take it (${code})`, cleanText(message) || PUT_BACK)];
      }
      return arrivals(alert.alertId, target, clock);
    },
  };
}

/** Names of the sinks, as they claim what they deliver. */
function sinksOf({ deployed }: Target): readonly string[] {
  if (deployed === undefined) return ['terminal'];
  return ['slack', 'sns'].filter((name) =>
    [...deployed.outputs.keys()].some(
      (output) => output.toLowerCase() === `notify${name}functionname`,
    ),
  );
}

async function arrivals(alertId: string, target: Target, clock: Clock): Promise<Finding[]> {
  const { dynamodb: client, stateTableName: tableName } = target;
  const claims = new DynamoClaims({ client, tableName, clock });
  const fates = new Map(sinksOf(target).map((sink) => [sink, 'waiting']));
  const deadline = clock.monotonic() + PATIENCE_MS;
  for (;;) {
    for (const [sink, fate] of fates) {
      if (fate === 'waiting') fates.set(sink, await firstFate(alertId, sink, claims));
    }
    const isWaiting = [...fates.values()].includes('waiting');
    if (!isWaiting || clock.monotonic() >= deadline) break;
    await clock.sleep(LOOK_MS);
  }
  return [...fates].map(([sink, fate]) => {
    if (fate === 'delivered') return ok('delivered: look for "[TEST]" there', sink);
    if (fate === 'refused') {
      return failure(
        'the sink refused it',
        `npm run dlq -- list --queue notify-${sink} says why`,
        sink,
      );
    }
    return failure(
      `not delivered within ${PATIENCE_MS / 1_000} s`,
      "read the notifier's log; where the secret of Slack has no value, nothing is delivered to it",
      sink,
    );
  });
}
