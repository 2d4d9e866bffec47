// Looks up a member of a JSON object by a name that a pattern or a definition chooses: own ones only, so that an event without a
// field `constructor` has none.

/** Undefined where the object has no such member of its own. `value` is what a JSON parser gives: an object or an array. */
export function ownMember(value: object, name: string): unknown {
  const member = (value as Record<string, unknown>)[name];
  // JSON holds no functions, and nothing else is inherited but the prototype itself: of most members it is known without asking.
  if (typeof member === 'function') return undefined;
  return name === '__proto__' && !Object.hasOwn(value, name) ? undefined : member;
}
