// What an alert is about, where that is a value which an event carries.
import { expect, it } from 'vitest';
import { newOauthApp } from '../../../lib/detections/catalogue/new-apps.ts';
import { Watch } from '../../../lib/detections/watch.ts';
import { busEvent } from '../../support/bus-events.ts';

const watch = new Watch(newOauthApp, {
  alertOnHistory: true,
  windowMs: 3_600_000,
  runbookBaseUrl: 'https://example.com',
});

const aboutOf = (app: object) =>
  watch
    .see(
      busEvent({
        ...{ gid: '1', created_at: '2026-10-05T09:00:00.000Z', event_type: 'user_app_authorized' },
        details: { ...app },
      }),
    )
    .map(({ sighting }) => sighting.about);

it.each([
  [{ app_gid: '12', app_name: 'Backup' }, '12'],
  [{ app_name: 'Back\u202eup\u0000 ' }, 'Back up'],
  [{ app_name: '\u200b\u200d' }, 'app'],
  [{ app_name: `${'a'.repeat(199)}😀` }, `${'a'.repeat(199)}\ufffd`],
])('%j has an id that can be shown and typed', (app, id) => {
  expect(aboutOf(app)).toMatchObject([{ type: 'app', id }]);
});
