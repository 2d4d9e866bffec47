// The dashboard: its first row says whether it is well, every metric on it is one that is emitted, every query asks for log
// lines that are written, and its picture in the docs shows it as it is.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { EVENT_TYPES_BY_CATEGORY } from '../../lib/asana/event-types.ts';
import { SEVERITIES } from '../../lib/contract/alert.ts';
import { EVENT_CATEGORIES, LOG_LINES, OTHER } from '../../lib/contract/log-lines.ts';
import { AWS_METRICS, METRICS, METRICS_NAMESPACE } from '../../lib/contract/metrics.ts';
import { ofType, rendered, synthesize, the } from '../support/cdk-app.ts';
import { dashboardWidgets } from '../support/dashboard-picture/picture.ts';

const template = synthesize();
const widgets = dashboardWidgets(template);
const alarmNames: readonly string[] = ofType(template, 'AWS::CloudWatch::Alarm').map(
  ({ Properties }) => Properties.AlarmName,
);

it('is named after the stack', () => {
  expect(the(template, 'AWS::CloudWatch::Dashboard').Properties.DashboardName).toBe(
    'AsanaAuditBus',
  );
});

it('says in its first row whether it is well: one alarm over all, then each of them', () => {
  const [well, which, now] = widgets.filter(({ y }) => y === 0);
  expect(well?.properties.alarms?.map((arn) => arn.replace(/^.*:alarm:/, ''))).toEqual([
    'AsanaAuditBus-anything-wrong',
  ]);
  expect(which?.properties.alarms).toEqual(alarmNames);
  expect(now?.properties.view).toBe('singleValue');
});

it('shows what was asked for', () => {
  expect(widgets.map(({ properties }) => properties.title)).toEqual([
    'Is it well?',
    'If not, what is wrong?',
    'Seconds behind, polls and events of the last hour',
    'Events by category',
    'Top event types',
    'Lag: seconds behind, and age of what is unpublished',
    'Polls that succeeded',
    'What went amiss',
    'Alerts by severity',
    'Alerts by detection',
    'Messages waiting',
    'Age of the oldest message, seconds',
    'Cost: milliseconds of functions',
    'Cost: units of tables',
    'Cost: bytes of logs',
    'Cost: empty receives of queues',
  ]);
});

it('has no widget over another, and none beyond the 24 columns', () => {
  for (const one of widgets) {
    expect(one.x + one.width).toBeLessThanOrEqual(24);
    for (const other of widgets) {
      if (one === other) continue;
      const apart =
        one.x + one.width <= other.x ||
        other.x + other.width <= one.x ||
        one.y + one.height <= other.y ||
        other.y + other.height <= one.y;
      expect([one.properties.title, other.properties.title, apart]).toContain(true);
    }
  }
});

it('has no metric that nobody emits, and no dimension that it is not emitted with', () => {
  const known = new Set([
    ...Object.values(METRICS).map((name) => `${METRICS_NAMESPACE} ${name}`),
    ...Object.values(AWS_METRICS).map(({ namespace, metricName }) => `${namespace} ${metricName}`),
  ]);
  const rows = widgets.flatMap(({ properties }) => properties.metrics ?? []);
  expect(rows.length).toBeGreaterThan(40);
  for (const [namespace, name, ...rest] of rows) {
    expect(known).toContain(`${namespace} ${name}`);
    if (namespace === METRICS_NAMESPACE) expect(rest).toContain('AsanaAuditBus');
  }
});

describe('its queries', () => {
  const queries = widgets.flatMap(({ properties }) => properties.query ?? []);

  it('ask for lines that are written, of functions that write them', () => {
    expect(queries).toHaveLength(4);
    const asked = queries.map((query) => /message = "([^"]+)"/.exec(query)?.[1]);
    expect(new Set(asked)).toEqual(new Set(Object.values(LOG_LINES)));
    for (const query of queries) {
      const sources = [...query.matchAll(/SOURCE '([^']+)'/g)].map(([, group = '']) => group);
      expect(sources.length).toBeGreaterThan(0);
      for (const group of sources)
        expect(template.Resources[group]?.Type).toBe('AWS::Logs::LogGroup');
    }
  });

  it('know every category and severity', () => {
    expect([...EVENT_CATEGORIES].toSorted()).toEqual(
      [...Object.keys(EVENT_TYPES_BY_CATEGORY), OTHER].toSorted(),
    );
    for (const category of EVENT_CATEGORIES) {
      expect(queries.join()).toContain(`sum(byCategory.${category}) as ${category}`);
    }
    for (const severity of SEVERITIES) {
      expect(queries.join()).toContain(`sum(opened.${severity}) as ${severity}`);
    }
  });
});

it('has a widget for each workspace, and stays within what CloudWatch takes', () => {
  const workspaceGid = ['1200000000000001', '1200000000000002'];
  const two = synthesize({ settings: { workspaceGid } });
  const lag = dashboardWidgets(two)
    .flatMap(({ properties }) => properties.metrics ?? [])
    .filter(([, name]) => name === METRICS.lagSeconds);
  expect(lag).toHaveLength(4);
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html: 500 metrics a widget.
  const { DashboardBody } = the(two, 'AWS::CloudWatch::Dashboard').Properties;
  expect(rendered(DashboardBody, () => 'x'.repeat(120)).length).toBeLessThan(60_000);
});

it('looks as in docs/dashboard.svg, titles and alarms at least (npm run picture)', () => {
  const picture = readFileSync(new URL('../../docs/dashboard.svg', import.meta.url), 'utf8');
  const titles = [...picture.matchAll(/font-weight="bold">([^<]+)</g)].map(([, title]) => title);
  expect(titles).toEqual(widgets.map(({ properties }) => properties.title));
  for (const name of alarmNames) {
    const shown = name.replace('AsanaAuditBus-', '').slice(0, 30);
    expect(picture).toContain(shown);
  }
});
