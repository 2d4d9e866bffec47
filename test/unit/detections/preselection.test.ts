// What a detection finds in an event has to be chosen for it, whatever kinds of events came before.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CATALOGUE } from '../../../lib/detections/catalogue/index.ts';
import { preselection } from '../../../lib/detections/preselection.ts';
import { Watch } from '../../../lib/detections/watch.ts';
import { busEvent } from '../../support/bus-events.ts';

const RULES = { alertOnHistory: true, windowMs: 3_600_000, runbookBaseUrl: 'https://example.com' };
const TYPES = ['task_deleted', 'user_login_succeeded', 'workspace_saml_settings_changed'] as const;
const watches = CATALOGUE.map((detection) => new Watch(detection, RULES));

const standsOf = (type: string) =>
  watches.flatMap((watch) => {
    const look = watch.ofType(type);
    return look === undefined ? [] : [{ id: watch.detection.id, look, gates: look.gates }];
  });

const words = fc.constantFrom(
  'user',
  'asana_support',
  'API',
  'service_account',
  'oauth',
  'SAML',
  'off',
  '',
);
const value = fc.oneof(words, fc.array(words, { maxLength: 3 }), fc.anything());
const part = fc.oneof(
  fc.record(
    {
      ...{ actor_type: value, context_type: value, api_authentication_method: value },
      ...{ rule_name: value, method: value, new_value: value, old_value: value },
      constructor: value,
    },
    { requiredKeys: [] },
  ),
  fc.anything(),
);

it.each(TYPES)('leaves out no detection that finds something: %s', (type) => {
  const stands = standsOf(type);
  const chosenFor = preselection(stands);
  fc.assert(
    fc.property(part, part, part, (actor, context, details) => {
      const event = busEvent({
        ...{ gid: '1', created_at: '2026-10-05T09:00:00.000Z', event_type: type },
        ...({ actor, context, details } as object),
      });
      const chosen = chosenFor(event.detail.data);
      for (const stand of stands) {
        if (stand.gates.some((gate) => gate.isOpen(event.detail.data)))
          expect(chosen).toContain(stand);
        if (stand.gates.length === 0) expect(chosen).toContain(stand);
      }
    }),
    { numRuns: 2_000 },
  );
});

it('leaves out what an event of daily life is nothing to', () => {
  const chosenFor = preselection(standsOf('task_deleted'));
  const ids = (data: object) => chosenFor(data).map(({ id }) => id);
  const daily = { actor: { actor_type: 'user' }, context: { context_type: 'web' } };
  expect(ids(daily)).not.toContain('asana.support.access');
  expect(ids(daily)).not.toContain('asana.app.service-account-unlisted');
  expect(ids({ ...daily, actor: { actor_type: 'ASANA_support' } })).toContain(
    'asana.support.access',
  );
  expect(ids({ 'actor.actor_type': 'asana_support' })).toContain('asana.support.access');
});

it('goes on with ever new kinds', () => {
  const stands = standsOf('task_deleted');
  const chosenFor = preselection(stands);
  for (let kind = 0; kind < 5_000; kind++) chosenFor({ actor: { actor_type: `kind ${kind}` } });
  expect(chosenFor({ context: { context_type: 'Asana_Support' } }).map(({ id }) => id)).toContain(
    'asana.support.access',
  );
});
