// The alarms, as data: what each watches, from when on it rings and why from then, what it means and what to do first. The
// runbook has a section for each heading; constructs/monitoring.ts makes the alarms, one for each place that is watched.
import { METRICS } from '../lib/contract/metrics.ts';
import type { AlarmDefinition } from './alarm-definition.ts';

const DAY = 86_400;

/** What happens rarely and deserves a look each time. */
const ONCE = {
  statistic: 'Sum',
  rings: 'from',
  threshold: 1,
  period: 300,
  periods: 1,
  missing: 'well',
} as const;

const retention = (days: number, meaning: string): AlarmDefinition => ({
  name: `unpublished-${days}-days`,
  heading: 'Events grow old unpublished',
  watched: { each: 'deployment', metric: METRICS.unpublishedAge },
  statistic: 'Maximum',
  rings: 'from',
  threshold: days * DAY,
  period: 3_600,
  periods: 1,
  missing: 'well',
  reason: `Asana deletes audit log events after 90 days, so ${90 - days} are left.`,
  meaning: `For ${days} days no poll has read a workspace's log to its end. Asana deletes events after 90 days: ${meaning}`,
  first: 'mend whatever the alarms "Poller failing" or "Poller not running" are about.',
  tellsEnd: true,
});

export const ALARMS: readonly AlarmDefinition[] = [
  {
    name: 'poller-not-running',
    heading: 'Poller not running',
    watched: { each: 'workspace', metric: METRICS.heartbeat },
    statistic: 'SampleCount',
    rings: 'below',
    threshold: 1,
    period: 'poll',
    periods: 3,
    missing: 'amiss',
    reason:
      'A poll reports once in each interval, whether it succeeds or not; three periods are one lost tick and a slow one. A guess of November 2026.',
    meaning:
      'No poll of this workspace has reported anything for three periods, so events are late and alerts with them. Nothing is lost while Asana keeps the events (90 days).',
    first:
      "look into the poll function's log: the secret may have no value yet, Asana may ask to wait (429), or nothing calls the function.",
    tellsEnd: true,
  },
  {
    name: 'poller-failing',
    heading: 'Poller failing',
    watched: { each: 'workspace', metric: METRICS.heartbeat },
    statistic: 'Maximum',
    rings: 'below',
    threshold: 1,
    period: 'poll',
    periods: 3,
    missing: 'well',
    reason:
      'A tick that fails costs an interval and no event, and the next one is its retry; fifteen minutes without one that succeeds are no passing trouble. A guess of November 2026.',
    meaning:
      'Polls of this workspace run, and none has succeeded for three periods. Events are late and alerts with them; nothing is lost while Asana keeps the events (90 days).',
    first: 'find the line "poll failed" in the poll function\'s log: its code says why.',
    tellsEnd: true,
  },
  {
    name: 'lag',
    heading: 'Lag',
    watched: { each: 'deployment', metric: METRICS.unpublishedAge },
    statistic: 'Maximum',
    rings: 'from',
    threshold: 1_800,
    period: 'poll',
    periods: 2,
    missing: 'well',
    reason:
      'Events are on the bus about a minute after Asana shows them; half an hour is what an alert may be late before an attacker gains by it. A guess of November 2026.',
    meaning:
      "For half an hour no poll has read a workspace's log to its end: events, and alerts with them, are late by as much.",
    first:
      'see whether polls fail (then "Poller failing" tells more) or publish all they can: after an outage the lag shrinks by itself.',
    tellsEnd: true,
  },
  {
    name: 'credential-rejected',
    heading: 'Credential rejected',
    watched: { each: 'deployment', metric: METRICS.credentialRejections },
    ...ONCE,
    period: 'poll',
    reason: 'A refusal is reported after the secret was read afresh, and no retry mends it.',
    meaning:
      'Asana refuses a token, so its workspace is not polled. 401: it was revoked or has expired. 402: the plan has no audit log. 403: it lacks the scope "Audit logs", is no service account\'s, or comes from an address that is not allowed.',
    first:
      'the event "Credential Rejected" on the bus and the poll function\'s log say which workspace and which of these; for 401 and 403 put a new token into the secret with aws secretsmanager put-secret-value. The next poll takes it up and goes on where the last one ended.',
    tellsEnd: true,
  },
  {
    name: 'offset-reset',
    heading: 'Offset reset',
    watched: { each: 'deployment', metric: METRICS.offsetResets },
    ...ONCE,
    reason: 'An offset that is saved every minute does not expire; one that did was not used.',
    meaning:
      'Asana no longer took the stored position, so the log was read again by time. Known events were dropped, so nothing is doubled.',
    first: 'see whether "Possible gap" rings as well: if not, nothing is missing.',
    tellsEnd: false,
  },
  {
    name: 'possible-gap',
    heading: 'Possible gap',
    watched: { each: 'deployment', metric: METRICS.possibleGaps },
    ...ONCE,
    reason: 'One is one too many: it is the only case in which events can be missing.',
    meaning:
      'Events may be missing: the outage outlasted what Asana keeps, or known events that should have come again did not, or an event cannot be read.',
    first: 'the event "Possible Gap" on the bus names the workspace and the span of time.',
    tellsEnd: false,
  },
  {
    name: 'event-quarantined',
    heading: 'Event quarantined',
    watched: { each: 'deployment', metric: METRICS.quarantined },
    ...ONCE,
    reason: 'Asana sends no event that large, so each deserves a look.',
    meaning:
      'An event was too large or refused by EventBridge. It is whole in the quarantine bucket and cut on the bus; detections saw the cut form alone.',
    first: 'read the object that the event "Event Quarantined" on the bus names.',
    tellsEnd: false,
  },
  {
    name: 'quarantine-not-empty',
    heading: 'Quarantine not empty',
    watched: { each: 'quarantine' },
    statistic: 'Maximum',
    rings: 'from',
    threshold: 1,
    period: DAY,
    periods: 2,
    ofThem: 1,
    missing: 'well',
    reason: 'S3 counts objects once a day, and a day may be late.',
    meaning:
      'Events lie in the quarantine bucket that nobody has looked at and removed. They are kept until somebody does.',
    first: 'list the bucket, read what is there, and remove what has been dealt with.',
    tellsEnd: true,
  },
  {
    name: 'publish-failures',
    heading: 'Publish failures',
    watched: { each: 'deployment', metric: METRICS.publishFailures },
    statistic: 'Sum',
    rings: 'from',
    threshold: 1,
    period: 'poll',
    periods: 3,
    ofThem: 2,
    missing: 'well',
    reason:
      'A run that could not publish after its retries leaves the rest to the next; two periods of three mean that it did not help. A guess of November 2026.',
    meaning:
      'EventBridge does not take events, retries included. The checkpoint stays before them, so nothing is lost and they are late.',
    first: "find the code publish.* in the poll function's log: denied, throttled, or no such bus.",
    tellsEnd: true,
  },
  {
    name: 'feed-silent',
    heading: 'Feed silent',
    watched: { each: 'deployment', metric: METRICS.feedSilent },
    statistic: 'Maximum',
    rings: 'from',
    threshold: 1,
    period: 'poll',
    periods: 1,
    missing: 'well',
    reason:
      "The poller itself decides, by the workspace's own past four weeks, or 72 hours while it is not known so long.",
    meaning:
      'Polls succeed, but a workspace has had no event at all for longer than usual for this hour and weekday. It may be a holiday; it may be that Asana writes no audit log, or that this token no longer sees it.',
    first:
      'read the event "Feed Silent" on the bus: it names the workspace, since when, and what the API answered when asked for any event at all.',
    tellsEnd: true,
  },
  retention(7, 'there is time, yet somebody has to act.'),
  retention(30, 'a third of it is gone.'),
  retention(60, 'in 30 days events begin to be lost for ever.'),
  {
    name: 'token-missing',
    heading: 'Token never set',
    watched: { each: 'deployment', metric: METRICS.tokenMissing },
    statistic: 'Sum',
    rings: 'from',
    threshold: 1,
    period: 3_600,
    periods: 24,
    missing: 'well',
    reason: 'Whoever deploys sets the token the same day. A guess of November 2026.',
    meaning:
      "A workspace's token has not been set for a day, so that workspace is not polled at all. The secret was made without a value.",
    first:
      'run the command in the output Step1SetAsanaToken of the stack, or take the workspace out of the configuration.',
    tellsEnd: true,
  },
  {
    name: 'detection-failing',
    heading: 'Detection failing',
    watched: { each: 'deployment', metric: METRICS.detectionFailures },
    ...ONCE,
    reason: "A detection's own code never fails on an event it should take.",
    meaning:
      "A detection's own code failed on an event. It raises no alert for that event; other detections go on.",
    first:
      'the event "Detection Failing" on the bus and the detect function\'s log name the detection.',
    tellsEnd: true,
  },
  {
    name: 'sweep-failing',
    heading: 'Sweep failing',
    watched: { each: 'sweep' },
    // Each invocation counts 0 or 1, so that the least is 1 where none has succeeded.
    statistic: 'Minimum',
    rings: 'from',
    threshold: 1,
    period: 300,
    periods: 3,
    missing: 'amiss',
    reason:
      'A sweep that fails leaves what is due to the next, a minute later; fifteen minutes without one that succeeds are no passing trouble. A guess of November 2026.',
    meaning:
      'For fifteen minutes no sweep has succeeded, or none has run. What only time decides waits: alerts that something did not happen, updates and ends of alerts, and alerts that a crash left unpublished.',
    first:
      "find the error in the sweep function's log; where there is none, see whether its schedule is there and enabled.",
    tellsEnd: true,
  },
  {
    name: 'dead-letters',
    heading: 'Dead letters',
    watched: { each: 'dead-letter queue' },
    statistic: 'Maximum',
    rings: 'from',
    threshold: 1,
    period: 300,
    periods: 1,
    // An idle queue reports nothing after some hours.
    missing: 'well',
    reason: 'What is here waits for a person, and is deleted after 14 days.',
    first:
      "read a message of the queue (its attributes give the reason) and the function's log, mend the cause, then send the messages back. They are kept for 14 days.",
    tellsEnd: true,
  },
  {
    name: 'delivery-failing',
    heading: 'Alert delivery failing',
    watched: { each: 'sink' },
    statistic: 'Minimum',
    rings: 'from',
    threshold: 1,
    period: 300,
    periods: 3,
    missing: 'well',
    reason:
      'A delivery takes a second and a roll-up two minutes; fifteen minutes without a moment in which nothing waits mean that alerts are put off again and again. A guess of November 2026.',
    first:
      "find the reason in the notifier's log. Alerts are tried again for about half a day, then kept as dead letters for 14 more; each is on the bus and in the table meanwhile.",
    tellsEnd: true,
  },
];
