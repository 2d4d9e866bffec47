// All documents that are generated, by their path from the project's top. The command writes them, a test compares them.
import { CATALOGUE } from '../detections/catalogue/index.ts';
import { detectionsPage } from './detections-page.ts';
import { eventPages, type GeneratedFile } from './event-pages.ts';
import { licencesPage, lockedPackages } from './licences-page.ts';

export function generatedDocs(): GeneratedFile[] {
  return [
    { path: 'docs/detections.md', text: detectionsPage(CATALOGUE) },
    { path: 'docs/licences.md', text: licencesPage(lockedPackages()) },
    ...eventPages().map(({ path, text }) => ({ path: `docs/events/${path}`, text })),
  ];
}
