// What the local run does to events before they reach its bus; commands on its data do the same.
import { DEFAULT_MAX_EVENT_BYTES } from '../bus/envelope.ts';
import { DEFAULT_REDACT_PATHS } from '../bus/redaction.ts';

export const LOCAL_POLL_SETTINGS = {
  redactPaths: DEFAULT_REDACT_PATHS,
  maxEventBytes: DEFAULT_MAX_EVENT_BYTES,
} as const;
