// What AWS's errors mean to a person at a terminal, and what to do about them. Pure but for `explained`, which rethrows.
import { AuditBusError } from '../../errors.ts';
import { shownText } from '../../text.ts';

const MAX_MESSAGE = 400;

/** Runs `work`; what the SDK threw comes out as an AuditBusError that says what to do. */
export async function explained<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw explanation(error) ?? error;
  }
}

/** Undefined for what is none of these. */
export function explanation(error: unknown): AuditBusError | undefined {
  if (!(error instanceof Error) || error instanceof AuditBusError) return undefined;
  const said = shownText(error.message, MAX_MESSAGE);
  const made = (code: string, words: string) => new AuditBusError(code, words, { cause: error });
  const { name } = error;
  if (error.message === 'Region is missing') {
    return made(
      'target.region',
      'No region is set: give --region, or set AWS_REGION; for a run on this machine give --data, such as --data .local.',
    );
  }
  if (name === 'CredentialsProviderError' || name === 'TokenProviderError') {
    return made(
      'target.credentials',
      `No credentials of AWS were found: set AWS_PROFILE to a profile that has some, or log in (aws sso login). (${said})`,
    );
  }
  if (REFUSED_CREDENTIALS.has(name)) {
    return made(
      'target.credentials',
      `AWS does not accept the credentials: log in anew, or choose others with AWS_PROFILE. (${name}: ${said})`,
    );
  }
  if (DENIED.has(name)) {
    return made(
      'target.denied',
      `AWS denies this call to these credentials: choose others with AWS_PROFILE, or have the permission added. (${said})`,
    );
  }
  if (GONE.has(name)) {
    return made(
      'target.gone',
      `Something that the stack has made is gone: npm run doctor says what, ${PUT_BACK} puts it back. (${name}: ${said})`,
    );
  }
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (code === 'ERR_INVALID_URL') {
    return made(
      'target.endpoint',
      'AWS_ENDPOINT_URL, or one of AWS_ENDPOINT_URL_<SERVICE>, holds no URL: correct or unset it.',
    );
  }
  if (UNREACHABLE.has(code) || name === 'TimeoutError') {
    return made(
      'target.unreachable',
      `AWS could not be reached: check the network, the region and AWS_ENDPOINT_URL. (${code || name}: ${said})`,
    );
  }
  // Whatever else a service of AWS answers.
  return '$fault' in error
    ? made(
        'target.refused',
        `AWS did not do it: npm run doctor looks at the whole deployment; it may be worth another try. (${name}: ${said})`,
      )
    : undefined;
}

/** CloudFormation sees no change where the template has none; this makes it look at what there is. */
export const PUT_BACK = 'npx cdk deploy --revert-drift';

/** @returns whether AWS says that what was asked for does not exist */
export function isGone(error: unknown): boolean {
  return error instanceof Error && GONE.has(error.name);
}

const GONE: ReadonlySet<string> = new Set([
  'NoSuchBucket',
  'NotFound',
  'NotFoundException',
  'QueueDoesNotExist',
  'ResourceNotFoundException',
]);
const REFUSED_CREDENTIALS: ReadonlySet<string> = new Set([
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
  'UnrecognizedClientException',
]);
const DENIED: ReadonlySet<string> = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'UnauthorizedOperation',
]);
const UNREACHABLE: ReadonlySet<string> = new Set([
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'ETIMEDOUT',
]);
