// The token as it stands in AWS Secrets Manager.
import { AuditBusError } from '../errors.ts';
import type { SecretText } from '../secret-text.ts';
import type { TokenSource } from './token.ts';

/** Nobody has set the secret yet: the poller says so and does nothing else. */
export class TokenMissingError extends AuditBusError {
  constructor() {
    super(
      'token.missing',
      'The secret of the Asana token has no value yet. Set it to a service account token with the "Audit logs" scope; the stack\'s outputs show the command.',
    );
  }
}

export class SecretToken implements TokenSource {
  readonly #secret: SecretText;

  constructor(secret: SecretText) {
    this.#secret = secret;
  }

  current(): Promise<string> {
    return this.#read(false);
  }

  refresh(): Promise<string> {
    return this.#read(true);
  }

  async #read(fresh: boolean): Promise<string> {
    const text = await this.#secret.read(fresh);
    const token = text === undefined ? '' : tokenIn(text);
    if (token === '') throw new TokenMissingError();
    return token;
  }
}

/** The console's key/value editor stores JSON; any other text is the token itself, whatever it looks like. */
function tokenIn(text: string): string {
  if (!text.startsWith('{')) return text;
  try {
    const values = Object.values(JSON.parse(text) as Record<string, unknown>);
    const [only] = values;
    return values.length === 1 && typeof only === 'string' ? only.trim() : text;
  } catch {
    return text;
  }
}
