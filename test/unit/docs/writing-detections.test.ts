// The page on writing detections, followed as written: its example is a sound definition, and its examples are right.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CATALOGUE } from '../../../lib/detections/catalogue/index.ts';
import { type Detection, defineCatalogue, eventsOf } from '../../../lib/detections/define.ts';
import { Detector } from '../../../lib/detections/detector.ts';
import { busEvent } from '../../support/bus-events.ts';

const FAMILY = new URL('../../../lib/detections/catalogue/reporting.ts', import.meta.url);

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'writing-detections-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

it('the example imports what there is and alerts on its examples alone', async () => {
  const page = readFileSync(
    new URL('../../../docs/writing-detections.md', import.meta.url),
    'utf8',
  );
  const code = /```ts\n(.*?)```/s.exec(page)?.[1] ?? '';
  const path = join(folder, 'reporting.ts');
  writeFileSync(
    path,
    code.replace(
      /from '(\.[^']+)'/g,
      (_, name: string) => `from '${new URL(name, FAMILY).pathname}'`,
    ),
  );
  const { wideReportingEnabled: detection } = (await import(pathToFileURL(path).href)) as {
    readonly wideReportingEnabled: Detection;
  };
  const catalogue = defineCatalogue([...CATALOGUE, detection]);
  const raised = (example: Parameters<typeof eventsOf>[0]) => {
    const rules = { windowMs: 3_600_000, runbookBaseUrl: 'https://example.com' };
    const detector = new Detector(catalogue, { alertOnHistory: false, ...rules });
    const alerts = eventsOf(example).flatMap((event) => detector.observe(busEvent(event)));
    return [...alerts, ...detector.finish()].map(({ detectionId }) => detectionId);
  };
  expect(detection.examples.alerts.length).toBeGreaterThan(1);
  for (const example of detection.examples.alerts) expect(raised(example)).toContain(detection.id);
  for (const example of detection.examples.silent) {
    expect(raised(example)).not.toContain(detection.id);
  }
});
