// Writes docs/detections.md out of the definitions, so that the page says what the code does. Pure text.

import { type Detection, eventsOf } from '../detections/define.ts';
import { ATTACK_TECHNIQUES } from '../detections/definition/attack.ts';
import { rulePattern } from '../detections/definition/rule-pattern.ts';
import { waysOf } from '../detections/definition/ways.ts';
import { coverageSection } from './coverage-section.ts';
import { howItDecides } from './kind-words.ts';

const INTRO = `# Detections

<!-- Generated from lib/detections/catalogue by \`npm run docs\`. Change the definitions, not this page. -->

What raises an alert, how bad it is, and what to do about it. Alerts link to their section here.

Each detection is an EventBridge rule on the bus. Matches of one detection and one entity (whom or what it is about) within the alert window, 60 minutes unless configured, are one alert: the first opens it and is delivered, further ones are counted as \`Alert Updated\` on the bus and in the table. Where one event is a match and the severity depends on it, each severity has an alert of its own. Events of origin \`backfill\` raise alerts only with \`alertOnHistory\`; replays never do.
`;

/** Every family has words of its own, in the order of the page. */
const FAMILIES: ReadonlyMap<string, string> = new Map([
  ['admin', 'How settings are changed'],
  ['app', 'Apps, tokens and service accounts'],
  ['data', 'Work that more people can see'],
  ['export', 'Data taken out'],
  ['impact', 'Work destroyed'],
  ['login', 'Sign-ins'],
  ['policy', 'Settings of the workspace'],
  ['role', 'Administrative roles'],
  ['support', 'Asana support'],
  ['user', 'Accounts'],
]);

export function detectionsPage(detections: readonly Detection[]): string {
  const families = Map.groupBy(detections, ({ id }) => id.split('.')[1] ?? '');
  return [
    INTRO,
    ...[...families].map(([family, members]) => familyTable(family, members)),
    `What becomes of each event type: [coverage](#coverage).\n`,
    ...detections.map(section),
    coverageSection(detections),
  ].join('\n');
}

function familyTable(family: string, detections: readonly Detection[]): string {
  const rows = detections.map(
    (each) =>
      `| [${each.title}](#${each.id}) | \`${each.id}\` | ${each.kind} | ${severityWords(each)} | ${each.attack.join(', ')} |`,
  );
  return `## ${FAMILIES.get(family) ?? family}

| detection | id | kind | severity | ATT&CK |
|---|---|---|---|---|
${rows.join('\n')}
`;
}

function severityWords({ severity, severityOf }: Detection): string {
  return severityOf === undefined ? severity : `${severity} at most`;
}

function section(detection: Detection): string {
  const { id, version, title, severity, attack, attackV18, triage, references } = detection;
  const lists = Object.entries(detection.lists ?? {});
  const example = detection.examples.alerts[0];
  const told = example === undefined ? undefined : eventsOf(example).at(-1);
  const before =
    attack.join() === attackV18.join() ? '' : ` (before version 19: ${attackV18.join(', ')})`;
  const condition = !decidesInCode(detection)
    ? ''
    : '\nA condition in code decides further, because no event pattern can say it: see the definition.\n';
  return `<a id="${id}"></a>

## ${title}

\`${id}\`, version ${version}, kind \`${detection.kind}\`, severity **${severity}**${detection.severityOf === undefined ? '' : ' at most, by the event'}${detection.status === undefined ? '' : `, ${detection.status} unless configured`}. ATT&CK ${attack.map(techniqueWords).join(', ')}${before}.

${example === undefined || told === undefined ? '' : `> ${markdownText(detection.summary(told, { count: eventsOf(example).length, lists: detection.lists ?? {} }))}\n`}
### What to do

${triage.map((step, index) => `${index + 1}. ${markdownText(step)}`).join('\n')}

### When it is harmless

${markdownText(detection.falsePositives)}

${howItDecides(detection)}### What it matches

\`\`\`json
${JSON.stringify(rulePattern(detection, { alertOnHistory: false }), null, 2)}
\`\`\`
${condition}${lists.length === 0 ? '' : `\nLists that configuration fills in: ${lists.map(([name, values]) => `\`${name}\` (${values.length === 0 ? 'empty' : values.map((value) => `\`${value}\``).join(', ')} by default)`).join(', ')}.\n`}
References: ${references.map((address) => `<${address}>`).join(', ')}
`;
}

function techniqueWords(id: string): string {
  const { name } = ATTACK_TECHNIQUES.get(id) ?? {};
  return name === undefined ? id : `${id} (${name})`;
}

function decidesInCode(detection: Detection): boolean {
  if (detection.kind === 'sequence')
    return waysOf(detection).some(({ when }) => when !== undefined);
  return detection.when !== undefined;
}

/** Field and event names hold underscores, which Markdown would take for emphasis. */
function markdownText(text: string): string {
  return text.replace(/[\\`*_<>[\]]/g, '\\$&');
}
