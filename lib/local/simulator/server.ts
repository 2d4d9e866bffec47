// Asana's audit log endpoint on a loopback port: who may ask, which fault is due, what is counted.
// Pages are made in page-maker.ts, answers sent in delivery.ts. Never reachable from another machine.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Clock, systemClock } from '../../clock.ts';
import { describeError } from '../../errors.ts';
import { type Answer, errorAnswer, serverErrorAnswer } from './answers.ts';
import { WORKSPACE_GID } from './cast.ts';
import { compressed, deliver, spoiled } from './delivery.ts';
import type { EventLog } from './event-log.ts';
import { type Fault, FaultSchedule, parseFaults } from './faults.ts';
import { PageMaker } from './page-maker.ts';
import { parseQuery } from './query.ts';
import { refusalOf } from './refusals.ts';

export const DEFAULT_WORKSPACE_GID = WORKSPACE_GID;
/** Seen on another of Asana's endpoints; the life of an audit log offset is not documented. */
export const DEFAULT_OFFSET_LIFETIME_MS = 900_000;
export const DEFAULT_PAGE_SIZE = 1000;
/** The OpenAPI description's maximum for `limit`, although without one up to 1,000 events come. */
export const DEFAULT_MAX_LIMIT = 100;

interface SimulatedWorkspace<L extends EventLog = EventLog> {
  readonly gid: string;
  readonly log: L;
  /** @default any token is good */
  readonly token?: string | undefined;
}

export interface SimulatorOptions<L extends EventLog = EventLog> {
  readonly log: L;
  /** @default DEFAULT_WORKSPACE_GID */
  readonly workspaceGid?: string | undefined;
  /** The one bearer token that is good. @default any */
  readonly token?: string | undefined;
  /** Further workspaces behind the same address. */
  readonly otherWorkspaces?: readonly SimulatedWorkspace[];
  /** @default 0, a free port */
  readonly port?: number;
  /** Events a page without `limit`. @default DEFAULT_PAGE_SIZE */
  readonly pageSize?: number;
  /** The largest `limit` that is taken. @default DEFAULT_MAX_LIMIT */
  readonly maxLimit?: number;
  /** Milliseconds before each answer. @default 0 */
  readonly latencyMs?: number;
  /** Milliseconds; infinity for never. @default DEFAULT_OFFSET_LIFETIME_MS */
  readonly offsetLifetimeMs?: number;
  /** Milliseconds after which events are gone; Asana keeps 90 days. @default infinity */
  readonly retentionMs?: number;
  /** Signs offsets: with the same key and events they outlive a restart. */
  readonly offsetKey?: string;
  /** A list as `parseFaults` reads it, or what it made of one. */
  readonly faults?: string | readonly Fault[];
  /** Of faults that come by chance. @default 1 */
  readonly seed?: string | number;
  readonly clock?: Clock;
  /** Told of each answer before it is sent. */
  readonly onResponse?: (response: SimulatorResponse) => void;
  /** Told what went wrong inside, unreadable events above all; the request is answered with 500. */
  readonly onError?: (error: unknown) => void;
}

export interface SimulatorResponse {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** As made, before compression. */
  readonly body: Buffer;
  /** Names of the faults that shaped it. */
  readonly faults: readonly string[];
  /** One of these faults makes an answer that does not fit Asana's schema, or none at all. */
  readonly brokenOnPurpose: boolean;
}

interface RequestCounters {
  total: number;
  /** Answers of status 200. */
  pages: number;
  readonly byStatus: Record<number, number>;
  readonly byFault: Record<string, number>;
}

export interface Simulator<L extends EventLog = EventLog> {
  /** Base URL, ends in /api/1.0. */
  readonly url: string;
  readonly port: number;
  readonly workspaceGid: string;
  readonly log: L;
  readonly requests: RequestCounters;
  /** Replaces all faults and begins their counts anew; an empty list for none. @throws ConfigurationError */
  setFaults(faults: string | readonly Fault[]): void;
  expireOffsets(): void;
  /** Ends open requests too, and closes the logs. */
  close(): Promise<void>;
}

interface Made {
  readonly answer: Answer;
  readonly faults: readonly Fault[];
  readonly requestFault?: Fault | undefined;
}

/** @throws ConfigurationError for a bad list of faults; Node's own error when the port cannot be had */
export async function startSimulator<L extends EventLog>(
  options: SimulatorOptions<L>,
): Promise<Simulator<L>> {
  const clock = options.clock ?? systemClock;
  const workspaceGid = options.workspaceGid ?? DEFAULT_WORKSPACE_GID;
  const first = { gid: workspaceGid, log: options.log, token: options.token };
  const workspaces = new Map<string, SimulatedWorkspace>(
    [first, ...(options.otherWorkspaces ?? [])].map((workspace) => [workspace.gid, workspace]),
  );
  const maker = new PageMaker({
    pageSize: options.pageSize ?? DEFAULT_PAGE_SIZE,
    offsetLifetimeMs: options.offsetLifetimeMs ?? DEFAULT_OFFSET_LIFETIME_MS,
    retentionMs: options.retentionMs ?? Number.POSITIVE_INFINITY,
    offsetKey: options.offsetKey ?? 'asana-audit-bus simulator',
  });
  const requests: RequestCounters = { total: 0, pages: 0, byStatus: {}, byFault: {} };
  const closing = new AbortController();
  const newSchedule = (faults: string | readonly Fault[]) =>
    new FaultSchedule(typeof faults === 'string' ? parseFaults(faults) : faults, options.seed ?? 1);
  let schedule = newSchedule(options.faults ?? []);
  let baseUrl = '';

  function make(request: IncomingMessage, url: URL): Made {
    const found = /^\/api\/1\.0\/workspaces\/([^/]+)\/audit_log_events\/?$/.exec(url.pathname);
    if (found?.[1] === undefined || request.method !== 'GET') {
      return { answer: errorAnswer(404, 'No matching route for request'), faults: [] };
    }
    const workspace = workspaces.get(found[1]);
    const refused = refusedAccess(request.headers.authorization, workspace, workspaces);
    if (workspace === undefined || refused !== undefined) {
      return { answer: refused ?? errorAnswer(404, 'workspace: Unknown object'), faults: [] };
    }
    const requestFault = schedule.forRequest(workspace.gid, url.searchParams.has('offset'));
    const faults = requestFault === undefined ? [] : [requestFault];
    const refusal = requestFault && refusalOf(requestFault, clock.now());
    if (refusal !== undefined) return { answer: refusal, faults };
    const query = parseQuery(url.searchParams, options.maxLimit ?? DEFAULT_MAX_LIMIT);
    if (typeof query === 'string') return { answer: errorAnswer(400, query), faults };
    try {
      workspace.log.refresh();
      const page = maker.answer({
        workspaceGid: workspace.gid,
        log: workspace.log,
        query,
        asked: url.searchParams,
        baseUrl,
        now: clock.now(),
        schedule,
      });
      return {
        answer: spoiled(page.answer, requestFault),
        faults: [...faults, ...page.faults],
        requestFault,
      };
    } catch (error) {
      options.onError?.(error);
      return { answer: serverErrorAnswer(describeError(error), 'no events to show'), faults };
    }
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(`http://localhost${request.url ?? '/'}`);
    request.resume();
    if (options.latencyMs) await clock.sleep(options.latencyMs, closing.signal);
    const { answer, faults, requestFault } = make(request, url);
    requests.total++;
    requests.byStatus[answer.status] = (requests.byStatus[answer.status] ?? 0) + 1;
    if (answer.status === 200) requests.pages++;
    const names = faults.map(({ name }) => name);
    for (const name of names) requests.byFault[name] = (requests.byFault[name] ?? 0) + 1;
    options.onResponse?.({
      path: url.pathname,
      query: url.searchParams,
      ...answer,
      faults: names,
      brokenOnPurpose: faults.some(({ definition }) => definition.breaksSchema === true),
    });
    const sent = names.includes('gzip')
      ? compressed(answer, request.headers['accept-encoding'])
      : answer;
    await deliver(response, sent, requestFault, clock, closing.signal);
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      options.onError?.(error);
      response.destroy();
    });
  });
  // Longer than clients keep a connection, so that none is closed under a request.
  server.keepAliveTimeout = 75_000;
  await listen(server, options.port ?? 0);
  const { port } = server.address() as AddressInfo;
  baseUrl = `http://127.0.0.1:${port}/api/1.0`;

  return {
    url: baseUrl,
    port,
    workspaceGid,
    log: options.log,
    requests,
    setFaults(faults) {
      schedule = newSchedule(faults);
    },
    expireOffsets: () => maker.expireOffsets(),
    async close() {
      closing.abort();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      for (const { log } of workspaces.values()) log.close();
    },
  };
}

/** Asana says 404 for a workspace that the token cannot see. */
function refusedAccess(
  authorization: string | undefined,
  workspace: SimulatedWorkspace | undefined,
  all: ReadonlyMap<string, SimulatedWorkspace>,
): Answer | undefined {
  const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
  const isKnown = [...all.values()].some(
    (each) => each.token === undefined || each.token === token,
  );
  if (token === undefined || !isKnown) return errorAnswer(401, 'Not Authorized');
  const isHis = workspace?.token === undefined || workspace.token === token;
  return isHis ? undefined : errorAnswer(404, 'workspace: Unknown object');
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}
