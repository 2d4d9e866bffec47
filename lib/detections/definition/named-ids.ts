// Detections as people name them: by id, or by the beginning of some. Pure.

/** Whether the id is one of these, or begins as one of them that ends in `.*` does: `asana.export.*`. */
export function isNamed(names: readonly string[], id: string): boolean {
  return names.some((name) =>
    name.endsWith('.*') ? id.startsWith(name.slice(0, -1)) : id === name,
  );
}
