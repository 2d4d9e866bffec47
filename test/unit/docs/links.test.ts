// Every relative link in the project's own pages leads to a file, and every anchor to a heading of it.
// Addresses elsewhere are not tried: tests stay on this machine.
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const PROJECT = fileURLToPath(new URL('../../../', import.meta.url));
const PAGES = globSync(['*.md', 'docs/**/*.md'], { cwd: PROJECT });

/** Without what is shown as code. */
function proseOf(page: string): string {
  const text = readFileSync(join(PROJECT, page), 'utf8');
  return text.replace(/^ *(```|~~~)[\s\S]*?^ *\1/gm, '').replace(/`[^`\n]*`/g, 'code');
}

/** The anchors that GitHub makes of headings, and those that a page sets itself. */
function anchorsOf(page: string): Set<string> {
  const text = readFileSync(join(PROJECT, page), 'utf8').replace(/^ *```[\s\S]*?^ *```/gm, '');
  const anchors = new Set([...text.matchAll(/<a (?:id|name)="([^"]+)"/g)].map(([, id = '']) => id));
  for (const [, heading = ''] of text.matchAll(/^#{1,6} +(.+?) *#*$/gm)) {
    const words = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const slug = words.replace(/[^\p{L}\p{N}\p{M}\p{Pc} -]/gu, '').replaceAll(' ', '-');
    let unique = slug;
    for (let again = 1; anchors.has(unique); again++) unique = `${slug}-${again}`;
    anchors.add(unique);
  }
  return anchors;
}

/** What is wrong with a link, if anything. @param target as written: a relative path, an anchor, or both */
function problemWith(page: string, target: string): string | undefined {
  const [path = '', anchor] = decodeURI(target).split('#');
  const file = path === '' ? page : relative(PROJECT, join(PROJECT, dirname(page), path));
  if (file.startsWith('..') || !existsSync(join(PROJECT, file))) return `${target}: no such file`;
  if (anchor === undefined || statSync(join(PROJECT, file)).isDirectory()) return undefined;
  return anchorsOf(file).has(anchor) ? undefined : `${target}: no such heading`;
}

it.each(PAGES)('every relative link in %s leads somewhere', (page) => {
  const prose = proseOf(page);
  const inline = [...prose.matchAll(/\]\(\s*<?([^)\s>]+)>?[^)]*\)/g)];
  const references = [...prose.matchAll(/^ *\[[^\]]+\]: *<?(\S+?)>?(?: |$)/gm)];
  const targets = [...inline, ...references].map(([, target = '']) => target);
  const own = targets.filter((target) => !/^[a-z][a-z0-9+.-]*:/i.test(target));
  expect(own.flatMap((target) => problemWith(page, target) ?? [])).toEqual([]);
});

it('the pages have links to try', () => {
  expect(PAGES.length).toBeGreaterThan(20);
  expect(problemWith('README.md', 'docs/nowhere.md')).toContain('no such file');
  expect(problemWith('README.md', 'docs/runbook.md#nowhere')).toContain('no such heading');
  expect(problemWith('README.md', '#what-it-costs')).toBeUndefined();
});
