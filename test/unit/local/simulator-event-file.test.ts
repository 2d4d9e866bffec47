// The events file: bytes pass unaltered, what was appended is found, what is wrong is said with file and line.
import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EventFile } from '../../../lib/local/simulator/event-file.ts';

let folder: string;
let path: string;
const open: EventFile[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'event-file-'));
  path = join(folder, 'events.jsonl');
});
afterEach(() => {
  for (const file of open.splice(0)) file.close();
  rmSync(folder, { recursive: true });
});

function opened(content: string | Uint8Array): EventFile {
  writeFileSync(path, content);
  const file = new EventFile(path);
  open.push(file);
  return file;
}

function lines(file: EventFile): string[] {
  return file.read(Array.from({ length: file.index.length }, (_, i) => i)).map(String);
}

describe('reading', () => {
  it('serves every line byte by byte, without blanks, CRLF and byte order mark', () => {
    const file = opened(
      '\ufeff{"gid":"1","n":9007199254740993123,"x":1.0}\r\n\r\n  \n\t{"gid" : "2", "é":"\\u00e9😀"} \n"text"\n12345678901234567890\nnull\n[1]\ntrue',
    );
    expect(lines(file)).toEqual([
      '{"gid":"1","n":9007199254740993123,"x":1.0}',
      '{"gid" : "2", "é":"\\u00e9😀"}',
      '"text"',
      '12345678901234567890',
      'null',
      '[1]',
      'true',
    ]);
  });

  it('passes on bytes that are no UTF-8', () => {
    const line = Buffer.from([0x22, 0xff, 0xfe, 0x22]);
    const file = opened(Buffer.concat([line, Buffer.from('\n')]));
    expect(file.read([0])).toEqual([line]);
  });

  it('takes an empty file and a file of blank lines as no events', () => {
    expect(opened('').index.length).toBe(0);
    expect(opened('\n\r\n  \n').index.length).toBe(0);
  });

  it('reads lines longer than its chunks, and scattered events', () => {
    const long = JSON.stringify({ gid: 'long', text: 'ü'.repeat(5_000_000) });
    const file = opened(`{"gid":"a"}\n${long}\n{"gid":"b"}\n`);
    expect(lines(file)).toEqual(['{"gid":"a"}', long, '{"gid":"b"}']);
    expect(file.read([2, 0]).map(String)).toEqual(['{"gid":"b"}', '{"gid":"a"}']);
  });

  it.each([
    ['a bad line', '{"gid":"1"}\n\n{"gid":\n{"gid":"3"}\n', ':3: '],
    ['a bad last line without newline', '{"gid":"1"}\n{"gid":"2"', ':2: '],
    ['control characters in it', '{"gid":"1"}\n\u0007\u001b[31m\u2028bad\n', ':2: '],
  ])('names file and line of %s, in one line', (_, content, where) => {
    expect(() => opened(content)).toThrow(
      expect.objectContaining({
        code: 'simulator.events',
        message: expect.stringContaining(`${path}${where}`),
      }),
    );
    expect(() => opened(content)).toThrow(/^[^\p{Cc}]+$/u);
  });

  it.each([
    ['a missing file', 'nowhere.jsonl', 'no such file'],
    ['a folder', '.', 'not a regular file'],
  ])('says so of %s', (_, name, reason) => {
    expect(() => new EventFile(join(folder, name))).toThrow(reason);
  });
});

describe('following', () => {
  it('finds appended lines, and an unfinished one only when it is whole', () => {
    const file = opened('{"gid":"1"}');
    appendFileSync(path, '\n{"gid":"2"}\n{"gid":"3"');
    file.refresh();
    expect(lines(file)).toEqual(['{"gid":"1"}', '{"gid":"2"}']);
    appendFileSync(path, ',"name":"late"}');
    file.refresh();
    expect(lines(file)[2]).toBe('{"gid":"3","name":"late"}');
    appendFileSync(path, '\n\n{"gid":"4"}\n');
    file.refresh();
    file.refresh();
    expect(lines(file)).toHaveLength(4);
  });

  it('complains about an appended bad line until it is mended', () => {
    const file = opened('{"gid":"1"}\n');
    appendFileSync(path, '{"gid":"2"}\nnonsense\n{"gid":"3"}\n');
    expect(() => file.refresh()).toThrow(`${path}:3: `);
    expect(() => file.refresh()).toThrow(`${path}:3: `);
    writeFileSync(path, '{"gid":"1"}\n{"gid":"2"}\n{"gid":"3"}\n');
    file.refresh();
    expect(lines(file)).toHaveLength(3);
  });

  it.each([
    ['shorter', '{"gid":"9"}\n'],
    ['longer', '{"gid":"7"}\n{"gid":"8"}\n{"gid":"9"}\n{"gid":"10"}\n'],
  ])('reads a rewritten file anew when it is %s', (_, content) => {
    const file = opened('{"gid":"1"}\n{"gid":"2"}\n');
    const checksum = file.index.checksum(1);
    writeFileSync(path, content);
    file.refresh();
    expect(lines(file)).toEqual(content.trim().split('\n'));
    expect(file.index.checksum(1)).not.toBe(checksum);
  });

  it('follows a file that was replaced by renaming', () => {
    const file = opened('{"gid":"1"}\n');
    writeFileSync(`${path}.new`, '{"gid":"1"}\n{"gid":"2"}\n');
    renameSync(`${path}.new`, path);
    file.refresh();
    expect(lines(file)).toEqual(['{"gid":"1"}', '{"gid":"2"}']);
  });

  it('numbers lines in its complaints as an editor does, also after an unfinished one', () => {
    const file = opened('{"gid":"1"}\n{"gid":"2"}');
    appendFileSync(path, '\n{"gid":"3"}\nbad\n');
    expect(() => file.refresh()).toThrow(`${path}:4: `);
  });
});
