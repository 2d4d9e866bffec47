// Writes docs/detections.md out of the definitions, so that the page says what the code does. Pure text.
import { type Detection, eventsOf } from '../detections/define.ts';
import { rulePattern } from '../detections/rule-pattern.ts';

const INTRO = `# Detections

<!-- Generated from lib/detections/catalogue by \`npm run docs\`. Change the definitions, not this page. -->

What raises an alert, how bad it is, and what to do about it. Alerts link to their section here.

Each detection is an EventBridge rule on the bus. Matches of one detection and one entity (whom or what it is about) within the alert window, 60 minutes unless configured, are one alert: the first opens it and is delivered, further ones are counted as \`Alert Updated\` on the bus and in the table. Events of origin \`backfill\` raise alerts only with \`alertOnHistory\`; replays never do.
`;

export function detectionsPage(detections: readonly Detection[]): string {
  const rows = detections.map(
    ({ id, title, severity, attack }) =>
      `| [${title}](#${id}) | \`${id}\` | ${severity} | ${attack.join(', ')} |`,
  );
  return [
    INTRO,
    '| detection | id | severity | ATT&CK |',
    '|---|---|---|---|',
    ...rows,
    '',
    ...detections.map(section),
  ].join('\n');
}

function section(detection: Detection): string {
  const { id, version, title, severity, attack, attackV18, triage, references } = detection;
  const example = detection.examples.alerts[0];
  const told = example === undefined ? undefined : eventsOf(example).at(-1);
  const before =
    attack.join() === attackV18.join() ? '' : ` (before version 19: ${attackV18.join(', ')})`;
  const condition = !decidesInCode(detection)
    ? ''
    : '\nA condition in code decides further, because no event pattern can say it: see the definition.\n';
  return `<a id="${id}"></a>

## ${title}

\`${id}\`, version ${version}, severity **${severity}**. ATT&CK ${attack.join(', ')}${before}.

${example === undefined || told === undefined ? '' : `> ${markdownText(detection.summary(told, { count: eventsOf(example).length, lists: detection.lists ?? {} }))}\n`}
### What to do

${triage.map((step, index) => `${index + 1}. ${markdownText(step)}`).join('\n')}

### When it is harmless

${markdownText(detection.falsePositives)}

### What it matches

\`\`\`json
${JSON.stringify(rulePattern(detection, { alertOnHistory: false }), null, 2)}
\`\`\`
${condition}
References: ${references.map((address) => `<${address}>`).join(', ')}
`;
}

function decidesInCode(detection: Detection): boolean {
  if (detection.kind === 'sequence') return detection.steps.some((step) => step.when !== undefined);
  return detection.when !== undefined;
}

/** Field and event names hold underscores, which Markdown would take for emphasis. */
function markdownText(text: string): string {
  return text.replace(/[\\`*_<>[\]]/g, '\\$&');
}
