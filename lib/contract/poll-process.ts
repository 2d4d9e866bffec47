// The process that the poll function runs in. The CDK app sets it up so, and benchmarks measure in the same.

export const POLL_MEMORY_MEGABYTES = 512;
/**
 * How far V8 lets the heap grow before it collects, in MB. Left alone it takes what a machine has; Lambda's own setting
 * for 512 MB is 25 and 460 and gives way to these (the runtime's bootstrap script, Node 24, 2026). The poller's live data
 * is a few pages: semi-spaces of 32 hold what two pages leave behind, so that hardly any of it grows old, and 380 leaves
 * room beside it for buffers. `npm run bench -- poll --scenario memory` shows what it comes to.
 */
export const POLL_NODE_OPTIONS = '--max-semi-space-size=32 --max-old-space-size=380';
