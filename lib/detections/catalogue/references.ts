// Addresses the definitions refer to, each written once.

export const ASANA_EVENTS = 'https://developers.asana.com/docs/audit-log-events';

/** The page of a MITRE ATT&CK technique: `T1098.003` is at techniques/T1098/003/. */
export function technique(id: string): string {
  return `https://attack.mitre.org/techniques/${id.replace('.', '/')}/`;
}
