// The metrics of a run: zeros cost money and are left out, but for the three that say the feed is alive.
import { describe, expect, it } from 'vitest';
import { AuditBusError } from '../../../lib/errors.ts';
import { measures, type RunSummary, Tally } from '../../../lib/poller/summary.ts';

const summary = (more: Partial<RunSummary>): RunSummary => ({
  ...new Tally(),
  workspaceGid: '1',
  outcome: 'caught-up',
  lagSeconds: 0,
  durationMs: 5,
  ...more,
});
const valuesOf = (more: Partial<RunSummary>) =>
  Object.fromEntries(measures(summary(more)).map(({ name, value }) => [name, value]));

describe('measures', () => {
  it('an idle poll: heartbeat, published and lag', () => {
    expect(valuesOf({})).toEqual({ Heartbeat: 1, EventsPublished: 0, LagSeconds: 0 });
  });

  it('a busy one: whatever is not zero', () => {
    expect(
      valuesOf({
        outcome: 'out-of-time',
        lagSeconds: 120,
        fetched: 8,
        published: 7,
        pages: 2,
        duplicates: 1,
        publishRetries: 3,
        quarantined: 1,
        offsetResets: 1,
        possibleGaps: 1,
        unreadablePages: 1,
        unknownTypes: 1,
      }),
    ).toEqual({
      Heartbeat: 1,
      EventsPublished: 7,
      LagSeconds: 120,
      Pages: 2,
      DuplicatesDropped: 1,
      PublishRetries: 3,
      Quarantined: 1,
      OffsetResets: 1,
      PossibleGaps: 1,
      UnreadablePages: 1,
      UnknownTypes: 1,
    });
  });

  it('a failed run has no heartbeat; one that met another, or was told to wait, says nothing', () => {
    expect(valuesOf({ outcome: 'failed', credentialRejections: 1, lagSeconds: 60 })).toEqual({
      Heartbeat: 0,
      EventsPublished: 0,
      LagSeconds: 60,
      CredentialRejections: 1,
    });
    expect(valuesOf({ outcome: 'held', lagSeconds: undefined })).toEqual({});
    expect(valuesOf({ outcome: 'waiting', lagSeconds: 10 })).toEqual({});
    expect(
      valuesOf({ outcome: 'waiting', lagSeconds: 10, fetched: 3, pages: 1, published: 3 }),
    ).toMatchObject({
      Heartbeat: 1,
      EventsPublished: 3,
      Pages: 1,
    });
  });

  it('a run that could not publish says so, and how old what is unpublished may be; so does one that waits', () => {
    const failure = new AuditBusError('publish.throttled', 'Too fast.', { retryable: true });
    expect(valuesOf({ outcome: 'failed', failure, unpublishedSeconds: 90 })).toMatchObject({
      PublishFailures: 1,
      UnpublishedAgeSeconds: 90,
    });
    const other = new AuditBusError('asana.timeout', 'Nothing came.', { retryable: true });
    expect(
      valuesOf({ outcome: 'failed', failure: other, unpublishedSeconds: 90 }),
    ).not.toHaveProperty('PublishFailures');
    expect(valuesOf({ outcome: 'waiting', lagSeconds: 10, unpublishedSeconds: 90 })).toEqual({
      UnpublishedAgeSeconds: 90,
    });
    expect(valuesOf({ unpublishedSeconds: 0 })).not.toHaveProperty('UnpublishedAgeSeconds');
  });

  it('has no lag before the first event', () => {
    expect(valuesOf({ outcome: 'out-of-time', lagSeconds: undefined })).not.toHaveProperty(
      'LagSeconds',
    );
  });
});
