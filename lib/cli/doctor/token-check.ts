// One unfiltered request for one event: does Asana take this token, and does it show the audit log? Says nothing of the token.
import { ASANA_API_URL, baseUrlProblem } from '../../asana/base-url.ts';
import { AsanaClient } from '../../asana/client.ts';
import { fixedToken } from '../../asana/token.ts';
import type { Clock } from '../../clock.ts';
import { ENVIRONMENT } from '../../contract/environment.ts';
import { AuditBusError } from '../../errors.ts';
import { silentLog } from '../../log.ts';
import { VERSION } from '../../version.ts';
import { type Finding, failure } from './finding.ts';
import { judgeToken } from './judge.ts';

const DEADLINE_MS = 20_000;

/** @param given the address of Asana's API, which the token goes to; undefined for Asana's own */
export async function checkToken(
  gid: string,
  token: string,
  given: string | undefined,
  clock: Clock,
): Promise<Finding> {
  const baseUrl = given || ASANA_API_URL;
  const problem = baseUrlProblem(baseUrl);
  if (problem !== undefined) {
    return failure(`${ENVIRONMENT.asanaBaseUrl} ${problem}`, 'correct or unset it', gid);
  }
  const client = new AsanaClient({
    ...{ baseUrl, version: VERSION, clock, log: silentLog },
    token: fixedToken(token),
    limits: { requestTimeout: DEADLINE_MS },
  });
  try {
    await client.fetchPage({ workspaceGid: gid, limit: 1 }, clock.monotonic() + DEADLINE_MS);
    return judgeToken(gid, undefined);
  } catch (error) {
    if (!(error instanceof AuditBusError)) throw error;
    return judgeToken(gid, error);
  } finally {
    await client.close();
  }
}
