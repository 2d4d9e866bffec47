// Lengths of time as definitions, configuration and commands write them: '15m', '24h', '14d'.
// Not the words Asana has for session settings, which are durations.ts's.
import { AuditBusError } from '../../errors.ts';

/** A whole number of minutes, hours or days: `15m`, `24h`, `14d`. */
export type Span = `${number}${'m' | 'h' | 'd'}`;

const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const FORM = /^([1-9]\d{0,4})([mhd])$/;
/** Asana keeps its log 90 days, but what we remember may reach further back than that. */
const LONGEST_MS = 400 * UNIT_MS.d;

/** Milliseconds, or undefined for what is no such length: another unit, zero, a fraction, more than 400 days. */
export function readSpan(text: unknown): number | undefined {
  const parts = typeof text === 'string' ? FORM.exec(text) : null;
  if (parts === null) return undefined;
  const ms = Number(parts[1]) * UNIT_MS[parts[2] as keyof typeof UNIT_MS];
  return ms <= LONGEST_MS ? ms : undefined;
}

/** Milliseconds. @throws AuditBusError `span.invalid` */
export function spanMs(text: Span): number {
  const ms = readSpan(text);
  if (ms !== undefined) return ms;
  throw new AuditBusError(
    'span.invalid',
    `${JSON.stringify(text)} is no length of time such as 15m, 24h or 14d (400 days at most).`,
  );
}
