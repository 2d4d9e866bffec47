// Work that may turn out to be of no use, done while the process would only wait for answers.

/**
 * @param compute without effects; called once at most
 * @returns gives its value, or throws what it threw: worked out by then, in an idle turn of the event loop, or else now
 */
export function ahead<T>(compute: () => T): () => T {
  let outcome: { readonly value: T } | { readonly error: unknown } | undefined;
  const settle = () => {
    if (outcome !== undefined) return outcome;
    try {
      outcome = { value: compute() };
    } catch (error) {
      outcome = { error };
    }
    return outcome;
  };
  // Requests that are being made now leave within a turn; this is for the one after.
  setImmediate(() => setImmediate(settle));
  return () => {
    const settled = settle();
    if ('error' in settled) throw settled.error;
    return settled.value;
  };
}
