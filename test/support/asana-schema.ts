// Checks answers against the audit log part of Asana's own OpenAPI description (test/support/data).
// The description requires no field, so the two an answer cannot do without are checked besides.
import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';

const DOCUMENT = 'asana-audit-log-openapi.yaml';
const description = parse(
  readFileSync(new URL(`data/${DOCUMENT}`, import.meta.url), 'utf8'),
) as Record<string, unknown>;
// OpenAPI 3.0 has keywords that JSON Schema has not (example, x-...); ajv knows its `nullable`.
const ajv = new Ajv({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema(description, DOCUMENT);

const RESPONSES =
  '/paths/~1workspaces~1%7Bworkspace_gid%7D~1audit_log_events/get/responses/200/content/application~1json/schema';
const pageSchema = compiled(RESPONSES);
const errorSchema = compiled('/components/schemas/ErrorResponse');
const eventSchema = compiled('/components/schemas/AuditLogEvent');

function compiled(pointer: string): ValidateFunction {
  return ajv.compile({ $ref: `${DOCUMENT}#${pointer}` });
}

/** What is wrong with the body of an answer of status 200; empty when it is right. */
export function auditLogResponseProblems(body: unknown): string[] {
  const problems = problemsOf(pageSchema, body);
  const fields = typeof body === 'object' && body !== null ? body : {};
  if (!Array.isArray((fields as { data?: unknown }).data)) problems.push('/data must be an array');
  if (!('next_page' in fields)) problems.push('/next_page must be there, null or an object');
  const nextPage = (fields as { next_page?: unknown }).next_page;
  if (typeof nextPage === 'object' && nextPage !== null) {
    for (const name of ['offset', 'path', 'uri']) {
      if (!(name in nextPage)) problems.push(`/next_page/${name} must be there`);
    }
  }
  return problems;
}

/** @throws Error that lists how the body of an answer of status 200 departs from Asana's description */
export function assertValidAuditLogResponse(body: unknown): void {
  refuse('an audit log page', auditLogResponseProblems(body));
}

/** What is wrong with the body of any other answer. */
export function errorResponseProblems(body: unknown): string[] {
  const problems = problemsOf(errorSchema, body);
  const errors = (body as { errors?: { message?: unknown }[] } | null)?.errors;
  if (!Array.isArray(errors) || errors.length === 0) problems.push('/errors must not be empty');
  else if (errors.some((error) => typeof error.message !== 'string')) {
    problems.push('/errors must have a message each');
  }
  return problems;
}

/** @throws Error */
export function assertValidAuditLogEvent(event: unknown): void {
  refuse('an audit log event', problemsOf(eventSchema, event));
}

function problemsOf(schema: ValidateFunction, body: unknown): string[] {
  if (schema(body)) return [];
  return (schema.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
}

function refuse(what: string, problems: readonly string[]): void {
  if (problems.length === 0) return;
  throw new Error(`Not ${what} as Asana describes it:\n${problems.slice(0, 20).join('\n')}`);
}
