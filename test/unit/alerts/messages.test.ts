import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asanaLink } from '../../../lib/alerts/asana-link.ts';
import type { Notice } from '../../../lib/alerts/delivery/sink-port.ts';
import { slackMessage } from '../../../lib/alerts/slack/message.ts';
import { escapeWithin, inert, link } from '../../../lib/alerts/slack/safe-text.ts';
import { parseWebhook } from '../../../lib/alerts/slack/webhook.ts';
import { snsMessage } from '../../../lib/alerts/sns/message.ts';
import { lateWords } from '../../../lib/alerts/words.ts';
import type { Alert } from '../../../lib/contract/alert.ts';
import { SEVERITIES } from '../../../lib/contract/alert.ts';
import { testAlert } from '../../support/alerts.ts';

const HOSTILE = [
  '<!channel> <!here|x> <@U123> <#C1> <!subteam^S1> <!date^0^{date}|x>',
  '<http://evil.example|Open in Asana> http://evil.example www.evil.example mailto:a@evil.example',
  '@channel @here @everyone *bold* _it_ ~x~ `code` ```pre``` > quote :bell:',
  '&lt;!channel&gt; &amp;&amp; a&b<c>d',
  '\u202egnp.exe\u202c \u2066x\u2069 \u0000\u0007\u001b[31m\r\n\u2028 \u200b\ufeff',
  '\ud800 lone \udc00 😀'.repeat(50),
  '&'.repeat(5_000),
  '<>'.repeat(2_000),
  '|>'.repeat(100),
  '',
  ' ',
];
const hostile = fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc.string({ maxLength: 60 }),
);
const odd = fc.oneof(
  hostile,
  fc.constant(null),
  fc.constant(undefined),
  fc.integer(),
  fc.object({ maxDepth: 2 }),
  fc.array(hostile, { maxLength: 3 }),
);

const hostileAlert: fc.Arbitrary<Alert> = fc
  .record({
    title: hostile,
    summary: hostile,
    eventType: hostile,
    falsePositives: hostile,
    alertId: hostile,
    detectionId: hostile,
    workspaceGid: hostile,
    runbookUrl: hostile,
    severity: fc.constantFrom(...SEVERITIES),
    firstSeen: fc.oneof(hostile, fc.constant('2026-10-05T09:00:00.123Z')),
    detectedAt: fc.oneof(hostile, fc.constant('2026-10-05T09:00:00.123Z')),
    entity: fc.record({ type: hostile, id: hostile, label: hostile }),
    triage: fc.array(hostile, { maxLength: 12 }),
    attack: fc.array(hostile, { maxLength: 5 }),
    eventGids: fc.array(hostile, { maxLength: 10 }),
    count: fc.integer({ min: 1, max: 1e6 }),
    actor: fc.oneof(odd, fc.record({ actor_type: odd, gid: odd, name: odd, email: odd })),
    resource: fc.oneof(odd, fc.record({ resource_type: odd, gid: odd, name: odd, email: odd })),
    context: fc.oneof(
      odd,
      fc.record({
        client_ip_address: odd,
        user_agent: odd,
        context_type: odd,
        api_authentication_method: odd,
        oauth_app_name: odd,
        rule_name: odd,
      }),
    ),
    details: fc.oneof(odd, fc.record({ old_value: odd, new_value: odd })),
  })
  .map((changed) => testAlert(changed as Partial<Alert>));

const opened = (alert: Alert): Notice => ({ kind: 'opened', alert });

interface TextObject {
  type: string;
  text: string;
  emoji?: boolean;
  verbatim?: boolean;
}

/** Every text object of a message, with the limit of its place. */
function texts(alert: Alert): Array<TextObject & { limit: number }> {
  return (slackMessage(opened(alert)).blocks as ReadonlyArray<Record<string, unknown>>).flatMap(
    (block) => {
      if (block['type'] === 'context') {
        const elements = block['elements'] as TextObject[];
        expect(elements.length).toBeLessThanOrEqual(10);
        return elements.map((each) => ({ ...each, limit: 2_000 }));
      }
      if (block['fields'] !== undefined) {
        const fields = block['fields'] as TextObject[];
        expect(fields.length).toBeLessThanOrEqual(10);
        return fields.map((each) => ({ ...each, limit: 2_000 }));
      }
      return [
        { ...(block['text'] as TextObject), limit: block['type'] === 'header' ? 150 : 3_000 },
      ];
    },
  );
}

/** What Slack would take for markup, once the links and dates that are ours are set aside. */
const OURS =
  /<https:\/\/app\.asana\.com\/[a-z0-9/]+\|Open in Asana>|<https?:\/\/[^|<>]+\|All steps and background>|<!date\^-?\d+\^\{date_short_pretty\} \{time\}\|[^<>|]*>/g;

describe('the Slack message', () => {
  it('says all that the analyst needs', () => {
    const message = slackMessage(opened(testAlert()));
    const all = texts(testAlert()).map(({ text }) => text);
    expect(message.text).toBe(
      'High severity: SAML no longer required. Eve (eve@example.com) changed SAML sign-in for Example Corp from required to optional.',
    );
    expect(all).toEqual([
      '🟠 High severity: SAML no longer required',
      'Eve (eve@example.com) changed SAML sign-in for Example Corp from required to optional.',
      'Who\nEve (eve@example.com)',
      'What\nExample Corp (workspace), workspace_saml_settings_changed',
      'From where\n192.0.2.10, web, Mozilla/5.0',
      'When\n<!date^1791190800^{date_short_pretty} {time}|2026-10-05 09:00:00 UTC> (your time)\n2026-10-05 09:00:00 UTC',
      'Found\n3 minutes later, at 2026-10-05 09:03:30 UTC',
      'Old value\nrequired',
      'New value\noptional',
      'What to do first\n1. Ask Eve within 15 minutes.\n2. Set it back.',
      '<https://app.asana.com/admin/1200000000000001|Open in Asana>  ·  <https://example.com/docs/detections.md#asana.policy.saml-weakened|All steps and background>',
      'Alert 0123456789abcdef0123456789abcdef · detection asana.policy.saml-weakened v1 · ATT&amp;CK T1556, T1685 · workspace 1200000000000001 · entity workspace 1200000000000001 · event 1209000000000001',
    ]);
  });

  it('leaves out old and new value where there are none, and counts further events', () => {
    const all = texts(testAlert({ details: undefined, context: undefined, count: 4 }));
    const joined = all.map(({ text }) => text).join('\n');
    expect(joined).not.toContain('Old value');
    expect(joined).toContain('Asana did not say');
    expect(joined).toContain('4 so far, the last at 2026-10-05 09:00:00 UTC');
    expect(
      texts(testAlert({ details: { old_value: null, new_value: 'x' } })).map(({ text }) => text),
    ).toContain('Old value\nnothing');
  });

  it('keeps every text inert, escaped, clean and within its limit, whatever Asana sent', () => {
    fc.assert(
      fc.property(hostileAlert, (alert) => {
        const message = slackMessage(opened(alert));
        expect(message.blocks.length).toBeLessThanOrEqual(50);
        expect(JSON.stringify(message).length).toBeLessThan(16_000);
        const places = [{ type: 'top', text: message.text, limit: 3_000 }, ...texts(alert)];
        for (const { type, text, limit } of places) {
          expect(text.length).toBeGreaterThan(0);
          expect(text.length).toBeLessThanOrEqual(limit);
          expect(text.isWellFormed()).toBe(true);
          const rest = type === 'mrkdwn' ? text.replaceAll(OURS, '') : text;
          expect(rest).not.toMatch(/[<>]/);
          expect(rest).not.toMatch(/&(?!(amp|lt|gt);)/);
          expect(rest).not.toMatch(/@(channel|here|everyone)|:\/\/|www\.|mailto:/i);
          // Our own zero-width spaces and line breaks aside, nothing that shows nothing.
          expect(rest.replace(/[\u200b\n]/g, '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
        }
        for (const { type, emoji, verbatim } of texts(alert)) {
          expect(type === 'plain_text' ? emoji === false : verbatim === true).toBe(true);
        }
        const mrkdwn = texts(alert).filter(({ type }) => type === 'mrkdwn');
        // Only dates and our own links are formatted text: nothing of Asana's is in one.
        for (const { text } of mrkdwn)
          expect(text.replaceAll(OURS, '')).toMatch(/^(When\n.*\n.*|When\n.*| {2}· {2}|)$/s);
      }),
      { numRuns: 300 },
    );
  });
});

describe('text for Slack', () => {
  it('never cuts an escape or a character in half', () => {
    fc.assert(
      fc.property(hostile, fc.integer({ min: 1, max: 60 }), (given, max) => {
        const text = inert(given, max);
        expect(text.length).toBeLessThanOrEqual(max);
        expect(text.isWellFormed()).toBe(true);
        expect(text).not.toMatch(/&(?!(amp|lt|gt);)/);
      }),
    );
    expect(escapeWithin('a&b', 7)).toBe('a&amp;b');
    expect(escapeWithin('a&b', 6)).toBe('a…');
    expect(escapeWithin('ab😀', 3)).toBe('ab…');
  });

  it('makes links of http(s) addresses only', () => {
    expect(link('https://example.com/a|b>c?x=1&y=2#z', 'L')).toBe(
      '<https://example.com/a%7Cb%3Ec?x=1&amp;y=2#z|L>',
    );
    expect(link('javascript:alert(1)', 'L')).toBeUndefined();
    expect(link('docs/detections.md', 'L')).toBeUndefined();
  });

  it.each([
    [{ resource_type: 'task', gid: '12' }, 'https://app.asana.com/0/0/12'],
    [{ resource_type: 'project', gid: '12' }, 'https://app.asana.com/0/12/list'],
    [{ resource_type: 'team', gid: '12' }, 'https://app.asana.com/0/12/overview'],
    [{ resource_type: 'user', gid: '12' }, 'https://app.asana.com/0/profile/12'],
    [{ resource_type: 'user', gid: '12/../evil' }, 'https://app.asana.com/admin/1200000000000001'],
    [{ resource_type: 'constructor', gid: '12' }, 'https://app.asana.com/admin/1200000000000001'],
    [null, 'https://app.asana.com/admin/1200000000000001'],
  ])('links %j to %s', (resource, url) => {
    expect(asanaLink(testAlert({ resource }))).toBe(url);
    expect(asanaLink(testAlert({ workspaceGid: 'x|y', resource: null }))).toBe(
      'https://app.asana.com/admin',
    );
  });

  it.each([
    [-5, 'within a minute'],
    [59_999, 'within a minute'],
    [60_000, '1 minute later'],
    [3 * 3_600_000 + 20 * 60_000, '3 hours 20 minutes later'],
    [26 * 3_600_000, '1 day 2 hours later'],
    [Number.NaN, 'within a minute'],
  ])('%d ms is %s', (ms, words) => {
    expect(lateWords(ms)).toBe(words);
  });
});

describe('the webhook secret', () => {
  it.each([
    ['https://hooks.slack.com/services/T/B/x', { url: 'https://hooks.slack.com/services/T/B/x' }],
    [' {"url":"https://a.example/x"} ', { url: 'https://a.example/x' }],
    ['{"webhookUrl":"https://a.example/x"}', { url: 'https://a.example/x' }],
    ['http://127.0.0.1:8080/x', { url: 'http://127.0.0.1:8080/x' }],
    ['http://localhost/x', { url: 'http://localhost/x' }],
  ])('%s is usable', (secret, webhook) => {
    expect(parseWebhook(secret)).toEqual(webhook);
  });

  it.each([
    undefined,
    '',
    '  ',
    '{}',
    '{"url":7}',
    '{"url"',
    'changeme',
    'http://example.com/x',
    'http://127.0.0.1.evil.example/',
    'ftp://x/y',
  ])('%j is not, and its text is not repeated', (secret) => {
    const webhook = parseWebhook(secret);
    expect(webhook).toHaveProperty('problem');
    if (secret && secret.trim() !== '' && 'problem' in webhook)
      expect(webhook.problem).not.toContain(secret);
  });
});

describe('the SNS message', () => {
  it('has a subject, an e-mail for people and JSON for machines', () => {
    const alert = testAlert();
    const { subject, message, attributes } = snsMessage(opened(alert));
    expect(subject).toBe('High severity: SAML no longer required (Example Corp)');
    expect(attributes).toEqual({
      notice: 'opened',
      severity: 'high',
      detectionId: 'asana.policy.saml-weakened',
      workspaceGid: '1200000000000001',
    });
    const structure = JSON.parse(message) as Record<string, string>;
    for (const protocol of ['default', 'sqs', 'lambda', 'http', 'https', 'firehose']) {
      expect(JSON.parse(structure[protocol] ?? '')).toEqual(alert);
    }
    const email = structure['email'] ?? '';
    for (const part of [
      'Eve (eve@example.com)',
      '192.0.2.10',
      '2026-10-05 09:00:00 UTC',
      '3 minutes later',
      'Old value: required',
      'New value: optional',
      '1. Ask Eve within 15 minutes.',
      '3. Read on.',
      'A planned migration.',
      'https://app.asana.com/admin/1200000000000001',
      alert.runbookUrl,
      alert.alertId,
    ]) {
      expect(email).toContain(part);
    }
  });

  it('keeps the ASCII subject and the size SNS takes, whatever the alert holds', () => {
    fc.assert(
      fc.property(hostileAlert, (alert) => {
        const { subject, message } = snsMessage(opened(alert));
        expect(subject).toMatch(/^[!-~][ -~]{0,98}$/);
        expect(Buffer.byteLength(message)).toBeLessThan(255_000);
        expect(JSON.parse(message)).toHaveProperty('default');
      }),
    );
  });

  it('leaves out of a huge alert what Asana sent of the event, and says so', () => {
    const huge = testAlert({
      details: { new_value: '"'.repeat(100_000) },
      entity: { type: 'x', id: 'y', label: 'Zoë Ünïcode 日本 \n'.repeat(30) },
    });
    const { subject, message } = snsMessage(opened(huge));
    expect(subject).toMatch(
      /^High severity: SAML no longer required \(Zoe Unicode \? Zoe .*\.\.\.$/,
    );
    const machine = JSON.parse((JSON.parse(message) as { sqs: string }).sqs);
    expect(machine).toMatchObject({ alertId: huge.alertId, trimmed: true, summary: huge.summary });
    expect(machine).not.toHaveProperty('details');
  });
});
