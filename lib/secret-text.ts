// Reads a secret's text from AWS Secrets Manager through Powertools' cache, and tells "no value yet" from a failure.
import { SecretsProvider } from '@aws-lambda-powertools/parameters/secrets';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { AuditBusError } from './errors.ts';

/** Seconds a value is remembered: a rotated secret is in use within this time even where nothing is refused. */
const MAX_AGE_SECONDS = 300;

export class SecretText {
  readonly #provider: SecretsProvider;
  readonly #arn: string;

  constructor(client: SecretsManagerClient, arn: string) {
    this.#provider = new SecretsProvider({ awsSdkV3Client: client });
    this.#arn = arn;
  }

  /**
   * @param fresh asks the service even when a value is remembered
   * @returns the value without surrounding white space, or undefined while nobody has set one
   * @throws AuditBusError `secret.unreadable`
   */
  async read(fresh = false): Promise<string | undefined> {
    try {
      const value = await this.#provider.get(this.#arn, {
        maxAge: MAX_AGE_SECONDS,
        forceFetch: fresh,
      });
      const text = typeof value === 'string' ? value.trim() : '';
      return text === '' ? undefined : text;
    } catch (error) {
      if (hasNoValue(error)) return undefined;
      throw new AuditBusError('secret.unreadable', `The secret ${this.#arn} cannot be read.`, {
        retryable: true,
        cause: error,
      });
    }
  }
}

/** A secret made without a value has no current version: Secrets Manager answers ResourceNotFoundException. */
function hasNoValue(error: unknown): boolean {
  for (let e: unknown = error; e instanceof Error; e = e.cause) {
    if (e.name === 'ResourceNotFoundException') return true;
  }
  return false;
}
