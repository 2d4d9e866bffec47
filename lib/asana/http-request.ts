// undici without what a poller never uses. Its front door pulls in fetch, caches, mocks and WebSockets: 260 kB more in
// the bundle and as much more to load at each cold start (undici 8.12.4; `npm test` holds the bundle to its size).
import type { Dispatcher } from 'undici';
import api from 'undici/lib/api/index.js';
import Agent from 'undici/lib/dispatcher/agent.js';

export { Agent };

/** As undici's own `request`: never follows a redirect, rejects for transport failures only. */
export function request(
  agent: Dispatcher,
  url: URL,
  options: Pick<Dispatcher.RequestOptions, 'headers' | 'signal'>,
): Promise<Dispatcher.ResponseData> {
  const { origin, pathname, search } = url;
  return api.request.call(agent, { ...options, origin, path: pathname + search, method: 'GET' });
}
