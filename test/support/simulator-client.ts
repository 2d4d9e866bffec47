// Asks the simulator as plainly as can be: one request, its status and its parsed body. No retries, no polling logic.
import type { Simulator } from '../../lib/local/simulator/server.ts';

export interface PlainAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly data: readonly Record<string, unknown>[];
  readonly nextPage: { offset: string; path: string; uri: string } | null;
  readonly message: string | undefined;
}

export async function ask(
  simulator: Pick<Simulator, 'url' | 'workspaceGid'>,
  query: Record<string, string> = {},
  token = 'a-token',
): Promise<PlainAnswer> {
  const path = `/workspaces/${simulator.workspaceGid}/audit_log_events?${new URLSearchParams(query)}`;
  const response = await fetch(`${simulator.url}${path}`, {
    headers: { authorization: `Bearer ${token}` },
    redirect: 'manual',
  });
  const text = await response.text();
  const body = jsonOf(text);
  return {
    status: response.status,
    headers: response.headers,
    text,
    data: body.data ?? [],
    nextPage: body.next_page ?? null,
    message: body.errors?.[0]?.message,
  };
}

/** Follows offsets until an empty page. The gids in the order they came, and where it ended. */
export async function listAll(
  simulator: Pick<Simulator, 'url' | 'workspaceGid'>,
  query: Record<string, string> = {},
): Promise<{ gids: unknown[]; offset: string | undefined; pages: number }> {
  const gids: unknown[] = [];
  let offset = query['offset'];
  for (let pages = 1; ; pages++) {
    const answer = await ask(simulator, offset === undefined ? query : { ...query, offset });
    if (answer.status !== 200) throw new Error(`${answer.status}: ${answer.text}`);
    gids.push(...answer.data.map((event) => event?.['gid']));
    offset = answer.nextPage?.offset;
    if (answer.data.length === 0 || offset === undefined) return { gids, offset, pages };
  }
}

interface Body {
  data?: Record<string, unknown>[];
  next_page?: PlainAnswer['nextPage'];
  errors?: { message: string }[];
}

function jsonOf(text: string): Body {
  try {
    return (JSON.parse(text) as Body) ?? {};
  } catch {
    return {};
  }
}
