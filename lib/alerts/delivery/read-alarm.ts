// Reads what CloudWatch publishes when an alarm changes its state, as it comes through a topic with raw delivery. Pure.
// Only alarms about deliveries that go another way take this one: the stack's second topic feeds a notifier's queue with it.
import * as z from 'zod';

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions.html (November 2026) */
const alarmSchema = z.object({
  AlarmName: z.string(),
  AlarmDescription: z.string().nullish(),
  NewStateValue: z.enum(['ALARM', 'OK', 'INSUFFICIENT_DATA']),
  NewStateReason: z.string(),
});

export interface AlarmNotice {
  readonly name: string;
  readonly description: string;
  readonly state: 'ALARM' | 'OK' | 'INSUFFICIENT_DATA';
  readonly reason: string;
}

/** @returns undefined for a message that is no alarm's */
export function readAlarm(body: string): AlarmNotice | undefined {
  if (!body.includes('"AlarmName"')) return undefined;
  let content: unknown;
  try {
    content = JSON.parse(body);
  } catch {
    return undefined;
  }
  const alarm = alarmSchema.safeParse(content).data;
  return (
    alarm && {
      name: alarm.AlarmName,
      description: alarm.AlarmDescription ?? '',
      state: alarm.NewStateValue,
      reason: alarm.NewStateReason,
    }
  );
}
