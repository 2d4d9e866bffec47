// Instants as text of a fixed width, so that DynamoDB sorts them as time does. Pure.

/** @param ms milliseconds since the epoch; what lies before it counts as the epoch */
export function timeKey(ms: number): string {
  return String(Math.max(0, Math.floor(ms))).padStart(16, '0');
}
