// `npm run picture`: draws docs/dashboard.svg anew from the dashboard's own definition. A test compares them.
import { writeFileSync } from 'node:fs';
import { dashboardPicture } from './picture.ts';

writeFileSync(new URL('../../../docs/dashboard.svg', import.meta.url), dashboardPicture());
process.stdout.write('docs/dashboard.svg\n');
