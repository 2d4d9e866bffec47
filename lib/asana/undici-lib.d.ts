// Types for the two inner modules of undici that http-request.ts imports; undici ships types for its front door only.
declare module 'undici/lib/dispatcher/agent.js' {
  import { Agent } from 'undici';

  export default Agent;
}

declare module 'undici/lib/api/index.js' {
  import type { Dispatcher } from 'undici';

  const api: {
    /** Called with the dispatcher as `this`; `origin` and `path` instead of a URL. */
    request(
      this: Dispatcher,
      options: Dispatcher.RequestOptions & { origin: string },
    ): Promise<Dispatcher.ResponseData>;
  };
  export default api;
}
