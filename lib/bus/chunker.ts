// Cuts a list of entries into PutEvents requests. Pure: sizes in, index ranges out.
import type { BusEntry } from './publisher-port.ts';

/** AWS API reference, PutEvents: entries a request. */
export const MAX_ENTRIES_PER_REQUEST = 10;
/**
 * The limit is 1 MB a request and entry since January 2026 (256 KB before;
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html#eb-putevents-size).
 */
export const MAX_REQUEST_BYTES = 1_000_000;
/** What EventBridge counts for an entry's `Time`. */
const TIME_BYTES = 14;

/** An entry's size as EventBridge counts it: UTF-8 bytes of source, detail type and detail, and its time. */
export function entryBytes({ source, detailType, detail, detailBytes }: BusEntry): number {
  return (
    TIME_BYTES +
    Buffer.byteLength(source) +
    Buffer.byteLength(detailType) +
    (detailBytes ?? Buffer.byteLength(detail))
  );
}

/**
 * @param sizes bytes per entry, in order
 * @returns chunks of indexes in order, each of at most 10 entries and under 1,000,000 bytes; an entry that alone is over
 * the limit stands alone, for EventBridge to refuse
 */
export function chunk(sizes: readonly number[]): number[][] {
  const chunks: number[][] = [];
  let current: number[] = [];
  let bytes = 0;
  sizes.forEach((size, index) => {
    const full = current.length === MAX_ENTRIES_PER_REQUEST || bytes + size >= MAX_REQUEST_BYTES;
    if (full && current.length > 0) {
      chunks.push(current);
      current = [];
      bytes = 0;
    }
    current.push(index);
    bytes += size;
  });
  if (current.length > 0) chunks.push(current);
  return chunks;
}
