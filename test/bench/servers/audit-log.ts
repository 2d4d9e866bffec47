// The audit log endpoint with every page rendered before the first request.
// An event stands on a line of its own, so that the bare loop can cut its text out without a serializer.
import { eventText } from './events.ts';
import { httpAnswer } from './http.ts';

/** @returns the answer to a request for a page, by the number its offset names */
export function renderedLog(events: number, pageSize: number): (head: string) => Buffer {
  const pages: Buffer[] = [];
  for (let from = 0; from < events; from += pageSize) {
    const size = Math.min(pageSize, events - from);
    const lines = Array.from({ length: size }, (_, index) => eventText(from + index));
    pages.push(page(lines, pages.length + 1));
  }
  return (head) => {
    const number = Number(/[?&]offset=page-(\d+)/.exec(head)?.[1] ?? 0);
    return pages[number] ?? page([], number + 1);
  };
}

function page(lines: readonly string[], next: number): Buffer {
  const offset = `page-${next}`;
  const nextPage = JSON.stringify({ offset, path: `/?offset=${offset}`, uri: `?offset=${offset}` });
  const body = `{"data":[\n${lines.join(',\n')}\n],"next_page":${nextPage}}`;
  return httpAnswer(200, 'application/json', body);
}
