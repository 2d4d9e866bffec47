// The MITRE ATT&CK techniques that our detections refer to: the only ids a definition may name.
// Names and ids as of ATT&CK v19 (April 2026), which moved T1562 (Impair Defenses) to T1685 and T1686; https://attack.mitre.org/resources/updates/

/** One technique: `id` and `name` as v19 has them, `v18` the id before, for tools that have not moved. */
export interface AttackTechnique {
  readonly id: string;
  readonly name: string;
  readonly v18: string;
  readonly source: string;
}

/** `T1098.003` is at techniques/T1098/003/. */
function listed(id: string, name: string, v18 = id): AttackTechnique {
  const source = `https://attack.mitre.org/techniques/${id.replace('.', '/')}/`;
  return Object.freeze({ id, name, v18, source });
}

const LIST: readonly AttackTechnique[] = [
  listed('T1069.003', 'Permission Groups Discovery: Cloud Groups'),
  listed('T1078.004', 'Valid Accounts: Cloud Accounts'),
  listed('T1087.004', 'Account Discovery: Cloud Account'),
  listed('T1090.003', 'Proxy: Multi-hop Proxy'),
  listed('T1098', 'Account Manipulation'),
  listed('T1098.001', 'Account Manipulation: Additional Cloud Credentials'),
  listed('T1098.003', 'Account Manipulation: Additional Cloud Roles'),
  listed('T1110', 'Brute Force'),
  listed('T1110.001', 'Brute Force: Password Guessing'),
  listed('T1110.003', 'Brute Force: Password Spraying'),
  listed('T1110.004', 'Brute Force: Credential Stuffing'),
  listed('T1119', 'Automated Collection'),
  listed('T1136.003', 'Create Account: Cloud Account'),
  listed('T1199', 'Trusted Relationship'),
  listed('T1213', 'Data from Information Repositories'),
  listed('T1484.002', 'Domain or Tenant Policy Modification: Trust Modification'),
  listed('T1485', 'Data Destruction'),
  listed('T1528', 'Steal Application Access Token'),
  listed('T1531', 'Account Access Removal'),
  listed('T1537', 'Transfer Data to Cloud Account'),
  listed('T1539', 'Steal Web Session Cookie'),
  listed('T1550.001', 'Use Alternate Authentication Material: Application Access Token'),
  listed('T1550.004', 'Use Alternate Authentication Material: Web Session Cookie'),
  listed('T1556', 'Modify Authentication Process'),
  listed('T1556.006', 'Modify Authentication Process: Multi-Factor Authentication'),
  listed('T1566.002', 'Phishing: Spearphishing Link'),
  listed('T1567', 'Exfiltration Over Web Service'),
  listed('T1671', 'Cloud Application Integration'),
  listed('T1685', 'Disable or Modify Tools', 'T1562.001'),
  listed('T1685.002', 'Disable or Modify Tools: Disable or Modify Cloud Log', 'T1562.008'),
  listed('T1686.001', 'Disable or Modify System Firewall: Cloud Firewall', 'T1562.007'),
];

/** By v19 id. */
export const ATTACK_TECHNIQUES: ReadonlyMap<string, AttackTechnique> = new Map(
  LIST.map((technique) => [technique.id, technique]),
);
