// The simulator's opaque pagination tokens: where a listing stands, signed, so that an offset outlives a restart.
// They look like the JWTs Asana hands out; clients must not look inside.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import type { Filters } from './event-index.ts';

/**
 * A listing is served in batches: the events present when it began, by creation time, then those that came in since,
 * and so on. So a late event, older than all that was served, still reaches whoever follows the offset.
 */
export interface Cursor {
  /** The batch: events from `base` (inclusive) to `upTo` (exclusive), in the order they came in. */
  readonly base: number;
  readonly upTo: number;
  /** Positions of the batch, by creation time, that are behind the cursor. */
  readonly served: number;
}

export interface OffsetClaims extends Cursor {
  readonly workspaceGid: string;
  readonly filters: Filters;
  /** Of the first `upTo` events: another history than this makes the offset invalid. */
  readonly checksum: number;
  /** Milliseconds since the epoch. */
  readonly issuedAt: number;
  /** How often all offsets had been expired by hand when this one was made. */
  readonly generation: number;
  readonly id: string;
}

const HEADER = Buffer.from('{"typ":"JWT","alg":"HS256"}').toString('base64url');
const count = z.number().int().nonnegative();
const claimsSchema = z.object({
  sub: z.string(),
  b: count,
  u: count,
  s: count,
  f: z.record(z.string(), z.union([z.string(), z.number()])),
  c: count,
  iat: z.number(),
  g: count,
  jti: z.string(),
});

export function newTokenId(): string {
  return randomBytes(56).toString('base64url');
}

export function signOffset(claims: OffsetClaims, key: string): string {
  const payload = {
    sub: claims.workspaceGid,
    b: claims.base,
    u: claims.upTo,
    s: claims.served,
    f: claims.filters,
    c: claims.checksum,
    iat: claims.issuedAt,
    g: claims.generation,
    jti: claims.id,
  };
  const signed = `${HEADER}.${Buffer.from(JSON.stringify(payload)).toString('base64url')}`;
  return `${signed}.${signature(signed, key).toString('base64url')}`;
}

/** Undefined for anything that `signOffset` did not make with this key. */
export function readOffset(token: string, key: string): OffsetClaims | undefined {
  const [header, payload, mac, ...rest] = token.split('.');
  if (header !== HEADER || payload === undefined || mac === undefined || rest.length > 0) {
    return undefined;
  }
  const given = Buffer.from(mac, 'base64url');
  const wanted = signature(`${header}.${payload}`, key);
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return undefined;
  const parsed = claimsSchema.safeParse(JSON.parse(Buffer.from(payload, 'base64url').toString()));
  if (!parsed.success) return undefined;
  const { sub, b, u, s, f, c, iat, g, jti } = parsed.data;
  return {
    workspaceGid: sub,
    base: b,
    upTo: u,
    served: s,
    filters: f,
    checksum: c,
    issuedAt: iat,
    generation: g,
    id: jti,
  };
}

function signature(text: string, key: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
