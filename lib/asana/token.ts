// Where the client gets its token from. Adapters: the secret in secret-token.ts, a fixed one for the local run.

/** A token is opaque: nothing here looks at its form. */
export interface TokenSource {
  /** The token in use, possibly remembered for minutes. */
  current(): Promise<string>;
  /** The token as it is stored now: asked for once after a 401, since it may just have been rotated. */
  refresh(): Promise<string>;
}

export const fixedToken = (token: string): TokenSource => ({
  current: async () => token,
  refresh: async () => token,
});
