// How the functions' AWS clients are set up: time limits that hold, and addresses that emulators can stand behind.
// Region, credentials and AWS_ENDPOINT_URL* are the SDK's own to read.

interface ClientConfig {
  readonly logger: typeof WARNINGS_ALONE;
  readonly maxAttempts: number;
  readonly cacheMiddleware: true;
  readonly requestHandler: {
    readonly connectionTimeout: number;
    readonly requestTimeout: number;
    readonly throwOnRequestTimeout: true;
  };
}

const quiet = () => {};
/**
 * The SDK makes a log line of each call for whatever logger has `info`, its own silent one included: request and answer
 * are walked through field by field. Without it they are not.
 */
const WARNINGS_ALONE = {
  debug: quiet,
  info: undefined as unknown as () => void,
  warn: (...content: unknown[]) => process.emitWarning(content.map(String).join(' ')),
  error: quiet,
};

/** @param requestTimeout milliseconds. Without `throwOnRequestTimeout` the SDK only warns (3.1169, 2026). */
export function clientConfig(requestTimeout: number, maxAttempts = 3): ClientConfig {
  return {
    logger: WARNINGS_ALONE,
    maxAttempts,
    // Nothing of ours changes a client's middleware, so the chain is built once per command and not at every call: a tenth
    // of a call's CPU.
    cacheMiddleware: true,
    requestHandler: { connectionTimeout: 2_000, requestTimeout, throwOnRequestTimeout: true },
  };
}

/** An emulator answers at one host name; AWS itself at one per bucket. */
export function s3PathStyle(env: NodeJS.ProcessEnv): { readonly forcePathStyle: boolean } {
  return { forcePathStyle: Boolean(env['AWS_ENDPOINT_URL_S3'] ?? env['AWS_ENDPOINT_URL']) };
}
