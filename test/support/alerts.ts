// An alert for tests, as detect publishes it, with whatever the test needs changed.
import type { Alert } from '../../lib/contract/alert.ts';

export function testAlert(changed: Partial<Alert> = {}): Alert {
  return {
    alertId: '0123456789abcdef0123456789abcdef',
    revision: 1,
    detectionId: 'asana.policy.saml-weakened',
    detectionVersion: 1,
    title: 'SAML no longer required',
    summary:
      'Eve (eve@example.com) changed SAML sign-in for Example Corp from required to optional.',
    severity: 'high',
    status: 'active',
    workspaceGid: '1200000000000001',
    entity: { type: 'workspace', id: '1200000000000001', label: 'Example Corp' },
    count: 1,
    firstSeen: '2026-10-05T09:00:00.123Z',
    lastSeen: '2026-10-05T09:00:00.123Z',
    detectedAt: '2026-10-05T09:03:30.000Z',
    eventGids: ['1209000000000001'],
    eventType: 'workspace_saml_settings_changed',
    actor: { actor_type: 'user', gid: '1201000000000001', name: 'Eve', email: 'eve@example.com' },
    resource: { resource_type: 'workspace', gid: '1200000000000001', name: 'Example Corp' },
    context: { context_type: 'web', client_ip_address: '192.0.2.10', user_agent: 'Mozilla/5.0' },
    details: { old_value: 'required', new_value: 'optional' },
    attack: ['T1556', 'T1685'],
    triage: ['Ask Eve within 15 minutes.', 'Set it back.', 'Read on.'],
    falsePositives: 'A planned migration.',
    runbookUrl: 'https://example.com/docs/detections.md#asana.policy.saml-weakened',
    ...changed,
  };
}
