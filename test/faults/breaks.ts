// Deliberate breaks of what the design rests on, each as a wrapper round a port: the harness must catch every one.
import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import type { Claims } from '../../lib/alerts/delivery/claims.ts';
import type { AlertStateStore } from '../../lib/alerts/state/port.ts';
import type { BulkPublisher } from '../../lib/bus/publisher-port.ts';
import type { QuarantineStore } from '../../lib/bus/quarantine.ts';
import type { CheckpointStore } from '../../lib/poller/checkpoint-store.ts';

export const BREAKS = {
  'save-before-publish': 'the checkpoint moves on while its page is still on its way',
  'ignore-failed-entries': 'a PutEvents answer of status 200 counts for all its entries',
  'no-fencing': 'a lease is taken whoever holds it, and writes of a former holder count',
  'no-memory': 'what was published is not remembered',
  'no-quarantine': 'an event set aside is not stored',
  'no-claims': 'a notifier sends whatever anybody else has sent',
  'no-markers': 'an event that is in an alert counts again when it comes again',
} as const;
export type Break = keyof typeof BREAKS;

interface Wrappers {
  eventBridge(real: EventBridgeClient): EventBridgeClient;
  publisher(real: BulkPublisher): BulkPublisher;
  checkpoints(real: CheckpointStore): CheckpointStore;
  quarantine(real: QuarantineStore): QuarantineStore;
  claims(real: Claims): Claims;
  alertStates(real: AlertStateStore): AlertStateStore;
}

const same = <T>(real: T): T => real;
const WHOLE: Wrappers = {
  eventBridge: same,
  publisher: same,
  checkpoints: same,
  quarantine: same,
  claims: same,
  alertStates: same,
};

/** A port whose methods are its own, some of them replaced. */
function changed<T extends object>(real: T, changes: Partial<T>): T {
  return new Proxy(real, {
    get(target, name) {
      const value = Reflect.get({ ...changes }, name) ?? Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

const WRAPPERS: Readonly<Record<Break, Partial<Wrappers>>> = {
  'save-before-publish': {
    publisher: (real) =>
      changed(real, {
        async publish(entries, options) {
          setTimeout(() => void real.publish(entries, options), 5);
          return { published: entries.map(() => true), poison: [], retries: 0 };
        },
      }),
  },
  'ignore-failed-entries': {
    eventBridge: (real) =>
      ({
        // biome-ignore lint/suspicious/noExplicitAny: one method of a client with hundreds of overloads
        async send(command: any) {
          const answer = (await real.send(command)) as { Entries?: { EventId?: string }[] };
          const taken = answer.Entries?.map(({ EventId = 'not asked' }) => ({ EventId }));
          return { ...answer, Entries: taken };
        },
      }) as EventBridgeClient,
  },
  'no-fencing': {
    checkpoints: (real) =>
      changed(real, {
        takeLease: (gid, owner, now, until, start) =>
          real.takeLease(gid, owner, now + 86_400_000, until + 86_400_000, start),
        save: (...given) => real.save(...given).catch(() => {}),
        saveMemory: (...given) => real.saveMemory(...given).catch(() => {}),
        renewLease: async () => {},
      }),
  },
  'no-memory': { checkpoints: (real) => changed(real, { saveMemory: async () => {} }) },
  'no-quarantine': {
    quarantine: (real) => changed(real, { put: async (key) => `s3://nowhere/${key}` }),
  },
  'no-claims': {
    claims: (real) =>
      changed(real, {
        claim: async () => ({ outcome: 'claimed', token: 'anybody', memory: {} }),
      }),
  },
  'no-markers': {
    alertStates: (real) => changed(real, { readMarkers: async () => new Set<string>() }),
  },
};

export function broken(which: Break | undefined): Wrappers {
  return which === undefined ? WHOLE : { ...WHOLE, ...WRAPPERS[which] };
}
