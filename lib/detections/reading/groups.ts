// Groups that many detections share: by whoever acted, by whom it was done to, by the address it came from.
// Each says what becomes of an event that carries none of its fields.
import type { GroupBy, Key, KeyedGroup } from '../define.ts';
import { addressOf } from './networks.ts';

/** Support staff and automations carry no more than their type: those are one group for each type. */
export const BY_ACTOR: KeyedGroup = {
  type: 'user',
  by: ['actor.gid', 'actor.email', 'actor.actor_type'],
  missing: 'own-group',
};

/** For steps that have to meet: without a gid or an address nothing says that two events are of one person. */
export const BY_PERSON_ACTING: GroupBy = {
  type: 'user',
  by: ['actor.gid', 'actor.email'],
  missing: 'skip',
};
export const BY_PERSON_CONCERNED: GroupBy = {
  type: 'user',
  by: ['resource.gid', 'resource.email'],
  missing: 'skip',
};

/** However the address is written. Events without one have nothing in common. */
export const BY_ADDRESS: GroupBy = {
  type: 'ip',
  by: ['context.client_ip_address'],
  as: (text) => addressOf(text) ?? text,
  missing: 'skip',
};

/** What is counted once each; whatever cannot be told apart counts as one. */
export const EACH_RESOURCE: Key = {
  by: ['resource.gid', 'resource.email'],
  missing: 'own-group',
};
export const EACH_PERSON_ACTING: Key = { by: ['actor.gid', 'actor.email'], missing: 'own-group' };
