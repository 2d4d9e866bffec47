// Answers one good request: checks the offset, cuts the page, applies the faults of kinds `feed` and `event`, links on.
// server.ts does the rest: who may ask, faults of kind `request`, sending.
import { gidOf } from '../../asana/event.ts';
import { isJsonObject, parseLossless } from '../../asana/lossless-json.ts';
import {
  type Answer,
  errorAnswer,
  nextPageText,
  OFFSET_EXPIRED,
  OFFSET_INVALID,
  pageAnswer,
} from './answers.ts';
import { changedEntries } from './entry-faults.ts';
import type { Filters, Order } from './event-index.ts';
import type { EventLog } from './event-log.ts';
import type { FaultName } from './fault-list.ts';
import { type Fault, type FaultSchedule, numberOf } from './faults.ts';
import { newTokenId, type OffsetClaims, readOffset, signOffset } from './offset-token.ts';
import { cutPage, servedBefore } from './page.ts';
import { type AuditLogQuery, contradicts } from './query.ts';

export interface PageSettings {
  /** Events a page when the request has no `limit`. */
  readonly pageSize: number;
  /** Milliseconds; infinity for offsets that never expire. */
  readonly offsetLifetimeMs: number;
  /** Milliseconds; infinity keeps events of any age. */
  readonly retentionMs: number;
  readonly offsetKey: string;
}

export interface PageInput {
  readonly workspaceGid: string;
  readonly log: EventLog;
  readonly query: AuditLogQuery;
  /** The parameters as they were sent, for `next_page.path`. */
  readonly asked: URLSearchParams;
  /** Ends in /api/1.0. */
  readonly baseUrl: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly schedule: FaultSchedule;
}

export class PageMaker {
  readonly #settings: PageSettings;
  #generation = 0;
  /** Only while the fault `offset-once` is on: what a restart forgets. */
  readonly #used = new Set<string>();
  readonly #lateOrders = new WeakMap<Fault, Map<string, Order>>();

  constructor(settings: PageSettings) {
    this.#settings = settings;
  }

  /** Every offset handed out so far has expired. */
  expireOffsets(): void {
    this.#generation++;
  }

  /** Also says which faults shaped the page. */
  answer(input: PageInput): { answer: Answer; faults: readonly Fault[] } {
    const { query, log, workspaceGid, now } = input;
    const offset =
      query.offset === undefined ? undefined : readOffset(query.offset, this.#settings.offsetKey);
    const refusal = this.#offsetRefusal(input, offset);
    if (refusal !== undefined) return { answer: errorAnswer(400, refusal), faults: [] };
    const faults = input.schedule.forPage(workspaceGid, offset !== undefined);
    const fault = (name: FaultName) => faults.find((each) => each.name === name);
    if (offset !== undefined && fault('offset-once')) {
      if (this.#used.has(offset.id)) {
        return { answer: errorAnswer(400, OFFSET_EXPIRED), faults };
      }
      this.#used.add(offset.id);
    }
    const filters = offset?.filters ?? query.filters;
    const limit = this.#limit(input, fault);
    const repeats = this.#repeated(log, offset, filters, limit, fault('duplicate-across-pages'));
    const cut = cutPage(log.index, offset, {
      filters,
      limit: limit - repeats.length,
      retainedFrom: now - this.#settings.retentionMs,
      reorder: this.#reorder(fault('late-event')),
    });
    const events = cut.events.length === 0 ? [] : [...repeats, ...cut.events];
    const eventFaults = input.schedule.eventFaults(workspaceGid);
    let entries = log.read(events);
    if (eventFaults.length > 0) {
      entries = entries.flatMap((entry, position) => {
        const index = events[position] ?? 0;
        const due = input.schedule.forEvent(workspaceGid, index);
        return due.length === 0 ? [entry] : changedEntries(entry, index, due);
      });
    }
    const broken = fault('unparseable-page');
    if (broken !== undefined) entries = withBrokenEntry(entries, events, broken);
    const everMatched = offset !== undefined || cut.events.length > 0;
    const nextCursor = offset !== undefined && fault('stuck-offset') ? offset : cut.cursor;
    const nextPage =
      !everMatched || fault('null-next-page') !== undefined
        ? 'null'
        : this.#nextPage(input, { ...nextCursor }, filters, fault('foreign-next-page'));
    const padding = fault('padded-body');
    let answer = pageAnswer(entries, nextPage);
    if (padding !== undefined && events.length > numberOf(padding, 'above')) {
      const missing = Math.max(0, numberOf(padding, 'bytes') - answer.body.length);
      answer = { ...answer, body: Buffer.concat([answer.body, Buffer.alloc(missing, ' ')]) };
    }
    if (fault('deprecation')) {
      const change = 'name=audit_log_paging; info=https://forum.asana.com/; affected=true';
      answer = { ...answer, headers: { ...answer.headers, 'asana-change': change } };
    }
    return { answer, faults: [...faults, ...eventFaults] };
  }

  /** The message of a 400, when the offset that was sent cannot be used. */
  #offsetRefusal(input: PageInput, offset: OffsetClaims | undefined): string | undefined {
    if (input.query.offset === undefined) return undefined;
    const { index } = input.log;
    if (
      offset === undefined ||
      offset.workspaceGid !== input.workspaceGid ||
      offset.upTo > index.length ||
      offset.checksum !== index.checksum(offset.upTo) ||
      contradicts(input.query.filters, offset.filters)
    ) {
      return OFFSET_INVALID;
    }
    const expired =
      offset.generation < this.#generation ||
      input.now - offset.issuedAt > this.#settings.offsetLifetimeMs;
    return expired ? OFFSET_EXPIRED : undefined;
  }

  #limit(input: PageInput, fault: (name: FaultName) => Fault | undefined): number {
    if (fault('page-of-1000')) return 1000;
    if (fault('page-of-100')) return 100;
    return input.query.limit ?? this.#settings.pageSize;
  }

  /** Oldest first, and never so many that no new event would fit. */
  #repeated(
    log: EventLog,
    offset: OffsetClaims | undefined,
    filters: Filters,
    limit: number,
    fault: Fault | undefined,
  ): number[] {
    if (fault === undefined || offset === undefined) return [];
    const count = Math.min(numberOf(fault, 'count'), limit - 1);
    return servedBefore(log.index, offset, filters, count).reverse();
  }

  #reorder(fault: Fault | undefined): ((order: Order) => Order) | undefined {
    return fault === undefined ? undefined : (order) => this.#late(order, fault);
  }

  #late(order: Order, fault: Fault): Order {
    const known = this.#lateOrders.get(fault) ?? new Map<string, Order>();
    this.#lateOrders.set(fault, known);
    const key = `${order.length} ${order.at(0)}`;
    const late = known.get(key) ?? lateOrder(order, fault.every, numberOf(fault, 'by'));
    known.set(key, late);
    return late;
  }

  #nextPage(
    input: PageInput,
    cursor: OffsetClaims | { base: number; upTo: number; served: number },
    filters: Filters,
    foreign: Fault | undefined,
  ): string {
    const { base, upTo, served } = cursor;
    const token = signOffset(
      {
        base,
        upTo,
        served,
        workspaceGid: input.workspaceGid,
        filters,
        checksum: input.log.index.checksum(upTo),
        issuedAt: input.now,
        generation: this.#generation,
        id: newTokenId(),
      },
      this.#settings.offsetKey,
    );
    const path = `/workspaces/${input.workspaceGid}/audit_log_events`;
    return foreign === undefined
      ? nextPageText(input.baseUrl, path, input.asked, token)
      : nextPageText('http://127.0.0.1:9/not-asana', '/elsewhere', input.asked, token);
  }
}

/** Each `every`-th event is moved `by` places back, or to the end; all others keep their order. */
function lateOrder(order: Order, every: number, by: number): Order {
  const places = Array.from({ length: order.length }, (_, position) => ({
    event: order.at(position),
    place: (position + 1) % every === 0 ? position + by + 0.5 : position,
  }));
  places.sort((a, b) => a.place - b.place);
  return { length: order.length, at: (position) => places[position]?.event ?? order.length };
}

/** Half of an entry makes the whole page unreadable, and nothing else does as surely. */
function withBrokenEntry(
  entries: readonly Buffer[],
  events: readonly number[],
  fault: Fault,
): Buffer[] {
  const above = numberOf(fault, 'above');
  const gid = String(fault.parameters['gid']);
  return entries.map((entry, position) => {
    const isMeant =
      gid === '' ? events[position] === numberOf(fault, 'at') - 1 : entryGid(entry) === gid;
    return isMeant && entries.length > above
      ? entry.subarray(0, Math.max(1, Math.floor(entry.length / 2)))
      : entry;
  });
}

function entryGid(entry: Buffer): string | undefined {
  const event = parseLossless(entry.toString('utf8'));
  return isJsonObject(event) ? gidOf(event) : undefined;
}
