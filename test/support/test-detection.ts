// Detections of each kind for tests, complete, with whatever the test needs changed.
import type {
  AbsenceDetection,
  Detection,
  MatchDetection,
  NewValueDetection,
  SequenceDetection,
  ThresholdDetection,
} from '../../lib/detections/define.ts';

interface Kinds {
  match: MatchDetection;
  threshold: ThresholdDetection;
  newValue: NewValueDetection;
  sequence: SequenceDetection;
  absence: AbsenceDetection;
}

const actor = { type: 'user', by: ['actor.gid'], missing: 'skip' } as const;
const failed = { 'detail-type': ['user_login_failed'] } as const;
const succeeded = { 'detail-type': ['user_login_succeeded'] } as const;
const event = { gid: '1', created_at: '2026-10-05T09:00:00.000Z', event_type: 'user_login_failed' };

const base = {
  id: 'asana.test.detection',
  version: 1,
  title: 'A test',
  severity: 'medium',
  attack: ['T1110'],
  attackV18: ['T1110'],
  summary: () => 'Something happened.',
  triage: ['Look.', 'Look again.'],
  falsePositives: 'None.',
  references: ['https://example.com'],
  examples: { alerts: [event, event], silent: [event, event] },
} as const;

const own: { [K in keyof Kinds]: Omit<Kinds[K], keyof typeof base> } = {
  match: {
    kind: 'match',
    pattern: failed,
    entity: () => ({ type: 'user', id: '1', label: 'one' }),
  },
  threshold: { kind: 'threshold', pattern: failed, groupBy: actor, atLeast: 5, within: '15m' },
  newValue: {
    kind: 'newValue',
    pattern: succeeded,
    groupBy: actor,
    value: { by: ['context.client_ip_address'], missing: 'skip' },
    learn: '7d',
    forget: '90d',
  },
  sequence: {
    kind: 'sequence',
    groupBy: actor,
    within: '1h',
    steps: [
      { name: 'failed', pattern: failed },
      { name: 'succeeded', pattern: succeeded },
    ],
  },
  absence: {
    kind: 'absence',
    pattern: failed,
    groupBy: actor,
    expected: { pattern: succeeded },
    within: '1h',
  },
};

export function testDetection<K extends keyof Kinds>(
  changed: { readonly kind: K } & Partial<Kinds[K]>,
): Kinds[K] {
  const whole: unknown = { ...base, ...own[changed.kind], ...changed };
  return whole as Kinds[K] & Detection;
}
