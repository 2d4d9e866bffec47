// The local run with a configuration of detections: one that is staged, one that is off, one with other words.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { change } from '../../../lib/detections/catalogue/examples.ts';
import { quietEvent, samlWeakened, writeEvents } from '../../support/audit-log-events.ts';
import { jsonLines, killRuns, run } from '../../support/local-run.ts';
import { startSlack } from '../../support/slack.ts';

const SAML = 'asana.policy.saml-weakened';
const PASSWORD = 'asana.policy.password-weakened';
const ROLE = 'asana.role.super-admin-granted';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'config-'));
});
afterEach(() => {
  killRuns();
  rmSync(folder, { recursive: true, force: true });
});

test('a staged detection raises an alert on the bus that no sink is given; one that is off raises none', async () => {
  const events = join(folder, 'events.jsonl');
  const own = (number: number, event: object) => ({
    ...quietEvent(number),
    ...event,
    gid: quietEvent(number).gid,
  });
  writeEvents(events, [
    samlWeakened(1),
    own(2, change('workspace_password_requirements_changed', 'strong', 'simple')),
    own(3, change('user_workspace_admin_role_changed', 'domain_admin', 'super_admin')),
  ]);
  const config = join(folder, 'config.json');
  writeFileSync(
    config,
    JSON.stringify({
      detections: {
        [SAML]: { status: 'staged' },
        [PASSWORD]: { status: 'off' },
        [ROLE]: { severity: 'low' },
      },
    }),
  );
  const slack = await startSlack();
  try {
    const { code, stdout, stderr } = await run(
      ['--once', '--json', '--events', events, '--data', join(folder, 'data'), '--config', config],
      { SLACK_WEBHOOK_URL: slack.url },
    );
    expect(code).toBe(0);
    const alerts = jsonLines(stdout).filter(({ kind }) => kind === 'alert');
    const byId = new Map(alerts.map(({ alert }) => [alert.detectionId, alert]));
    expect(byId.get(SAML)).toMatchObject({ status: 'staged' });
    expect(byId.has(PASSWORD)).toBe(false);
    expect(byId.get(ROLE)).toMatchObject({ status: 'active', severity: 'low' });
    // What sinks are given: those that are active.
    const posted = JSON.stringify(slack.messages);
    expect(posted).toContain(byId.get(ROLE)?.title);
    expect(posted).not.toContain(byId.get(SAML)?.title);
    expect(stderr).not.toContain(byId.get(SAML)?.title);
  } finally {
    await slack.close();
  }
});

test('what is wrong in the file ends it at once, all of it told', async () => {
  const config = join(folder, 'config.json');
  writeFileSync(config, JSON.stringify({ [SAML]: { status: 'of' }, 'asana.no.such': {} }));
  const { code, stderr } = await run([
    '--once',
    '--data',
    join(folder, 'data'),
    '--config',
    config,
  ]);
  expect(code).toBe(2);
  expect(stderr).toContain(`npm start: --config ${config}: detections.${SAML}.status: given "of"`);
  expect(stderr).toContain('detections.asana.no.such');
});
