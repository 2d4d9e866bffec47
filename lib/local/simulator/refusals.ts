// The faults that answer instead of the endpoint: Asana's error statuses, each with the body Asana documents for it.
import {
  type Answer,
  errorAnswer,
  OFFSET_EXPIRED,
  OFFSET_INVALID,
  serverErrorAnswer,
} from './answers.ts';
import type { FaultName } from './fault-list.ts';
import { type Fault, numberOf } from './faults.ts';

const HTML_502 =
  '<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n';

/** `now` in milliseconds since the epoch. */
type Refusal = (fault: Fault, now: number) => Answer;

const REFUSALS: Partial<Record<FaultName, Refusal>> = {
  unauthorized: () => errorAnswer(401, 'Not Authorized'),
  'payment-required': () =>
    errorAnswer(402, 'Payment Required: audit logs are not part of the current plan.'),
  forbidden: () => errorAnswer(403, 'Forbidden: the token does not have the scope "Audit logs".'),
  'not-found': () => errorAnswer(404, 'workspace: Unknown object'),
  'bad-request': () => errorAnswer(400, 'start_at: Invalid value'),
  'rate-limit': (fault, now) => {
    const seconds = numberOf(fault, 'retry-after');
    const until = new Date(now + seconds * 1000).toUTCString();
    return errorAnswer(
      429,
      "You've made too many requests and hit a rate limit. Please retry after the given amount of time.",
      { 'retry-after': fault.parameters['date'] === true ? until : String(seconds) },
    );
  },
  'server-error': () => serverErrorAnswer('Server Error', '6 sad squid snuggle softly'),
  'bad-gateway': () => ({
    status: 502,
    headers: { 'content-type': 'text/html' },
    body: Buffer.from(HTML_502),
  }),
  unavailable: () => errorAnswer(503, 'Service Unavailable'),
  'gateway-timeout': () => errorAnswer(504, 'Gateway Timeout'),
  redirect: (fault) => ({
    status: 302,
    headers: { location: String(fault.parameters['to']) },
    body: Buffer.alloc(0),
  }),
  'expire-offsets': () => errorAnswer(400, OFFSET_EXPIRED),
  'invalid-offsets': () => errorAnswer(400, OFFSET_INVALID),
};

/** Undefined for a fault that lets the endpoint answer. */
export function refusalOf(fault: Fault, now: number): Answer | undefined {
  return REFUSALS[fault.name]?.(fault, now);
}
