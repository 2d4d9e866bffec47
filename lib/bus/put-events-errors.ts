// What EventBridge's refusals mean: is it the entry, is it us, or is it passing?
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsResultEntry.html

/**
 * `poison`: this entry can never be taken. `split`: something in the request is refused, bisect it. `denied`: permission
 * or target missing, sending again within the run is of no use. `passing`: throttling, 5xx and all that is unknown.
 */
export type Verdict = 'poison' | 'split' | 'denied' | 'passing';

const POISON_ENTRY_CODES: ReadonlySet<string> = new Set([
  'MalformedDetail',
  'InvalidArgument',
  'EntryTooLarge',
  'EventTooLarge',
  'RequestEntryTooLarge',
]);
const SPLIT_CODES: ReadonlySet<string> = new Set([
  'ValidationException',
  'ValidationError',
  'RequestEntityTooLarge',
  'RequestEntityTooLargeException',
  'PutEventsRequestEntryTooLarge',
]);
const DENIED_CODES: ReadonlySet<string> = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'NotAuthorized',
  'NotAuthorizedException',
  'UnrecognizedClientException',
  'InvalidSignatureException',
  'InvalidClientTokenId',
  'ExpiredToken',
  'ExpiredTokenException',
  'CredentialsProviderError',
  'ResourceNotFound',
  'ResourceNotFoundException',
]);

/** For an entry's own `ErrorCode` in a 200 answer. */
export function judgeEntry(code: string): Verdict {
  if (POISON_ENTRY_CODES.has(code)) return 'poison';
  return DENIED_CODES.has(code) ? 'denied' : 'passing';
}

/** For a request that failed as a whole. */
export function judgeRequest(code: string, status: number | undefined): Verdict {
  if (SPLIT_CODES.has(code) || status === 413) return 'split';
  return DENIED_CODES.has(code) ? 'denied' : 'passing';
}
