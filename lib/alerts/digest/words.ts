// The digest in words, the same in Slack and by mail: a heading, and under titles a line for each thing. Pure.
// Texts come out clean and short, not escaped: that is each sink's own.
import { shownText } from '../../text.ts';
import type { CountedDetection } from '../delivery/roll-up.ts';
import { SEVERITY_WORDS, utc } from '../words.ts';
import type { Digest } from './digest.ts';

export interface DigestWords {
  readonly heading: string;
  readonly sections: ReadonlyArray<{ readonly title: string; readonly lines: readonly string[] }>;
}

export function digestWords(digest: Digest): DigestWords {
  const { until, active, bySeverity, byDetection, staged, suppressed, expiring, newTypes } = digest;
  const day = `the 24 hours until ${utc(new Date(until).toISOString()).replace(/:00 UTC$/, ' UTC')}`;
  if (digest.isQuiet) return { heading: `A quiet day: no alerts in ${day}`, sections: [] };
  const sections = [
    {
      title: 'By severity',
      lines: bySeverity.map(({ severity, count }) => `${SEVERITY_WORDS[severity]}: ${count}`),
    },
    { title: 'By detection', lines: byDetection.map(countLine) },
    { title: 'Staged detections would have raised', lines: staged.map(countLine) },
    {
      title: 'Suppressed',
      lines: suppressed === 0 ? [] : [`${counted(suppressed, 'alert')}, kept in the table`],
    },
    {
      title: 'Suppressions that expire this week',
      lines: expiring.map(
        ({ id, detectionId, owner, reason, expiresAt }) =>
          `${shownText(id, 40)} for ${shownText(detectionId, 70)}, of ${shownText(owner, 60)}, at ${utc(expiresAt)}: ${shownText(reason, 80)}`,
      ),
    },
    {
      title: 'Event types seen for the first time',
      lines: newTypes.map(
        ({ type, workspaceGid }) =>
          `${shownText(type, 128)} in workspace ${shownText(workspaceGid, 20)}`,
      ),
    },
  ];
  return {
    heading: `Daily digest: ${counted(active, 'alert')} in ${day}`,
    sections: sections.filter(({ lines }) => lines.length > 0),
  };
}

function countLine({ count, title, severity, detectionId }: CountedDetection): string {
  return `${count} × ${shownText(title, 100)} (${SEVERITY_WORDS[severity].toLowerCase()}, ${shownText(detectionId, 70)})`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
