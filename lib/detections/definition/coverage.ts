// What becomes of each known event type: detected, watched by a detection that keeps a state, or ignored for a reason.
// Pure; for the docs and tests. What an unknown type means is the poller's to report.
import { EVENT_TYPES_BY_CATEGORY } from '../../asana/event-types.ts';
import type { Detection, DetectionPattern } from '../define.ts';
import { patternsOf } from './rule-pattern.ts';
import { waysOf } from './ways.ts';

type KnownType = (typeof EVENT_TYPES_BY_CATEGORY)[keyof typeof EVENT_TYPES_BY_CATEGORY][number];

export interface Coverage {
  readonly type: string;
  /** `detected`: one such event can alert. `watched`: several events, or a first or missing one, can. */
  readonly is: 'detected' | 'watched' | 'ignored';
  /** Ids of the detections that name the type. Those that take any type, or a prefix, are not among them. */
  readonly by: readonly string[];
  /** Why no detection names it. */
  readonly reason?: string;
}

/** A type of which a detection has come to speak is to be taken out here; a test says so. */
const IGNORED: readonly (readonly [reason: string, types: readonly KnownType[]])[] = [
  [
    'It makes the workspace safer. Whatever undoes it is detected.',
    [
      'workspace_associated_email_domain_removed',
      'workspace_form_link_authentication_required_enabled',
      'workspace_form_is_embeddable_forms_disabled',
      'workspace_logged_out_view_authentication_required_enabled',
      'workspace_allowed_ip_range_removed',
      'workspace_mobile_app_attachments_sharing_disabled',
      'workspace_mobile_app_biometric_authentication_required_enabled',
      'workspace_mobile_app_screen_capture_disabled',
      'workspace_mobile_app_copy_paste_disabled',
      'project_share_link_disabled',
      'project_view_link_disabled',
      'user_app_revoked',
      'user_personal_access_token_revoked',
    ],
  ],
  [
    'An admin does it rarely, in the open, and it opens nothing: everybody concerned sees it at once.',
    [
      'workspace_force_password_reset',
      'workspace_announcement_created',
      'workspace_announcement_removed',
      'workspace_baa_signed',
    ],
  ],
  [
    'It moves what colleagues see of one another, not what the outside sees. Opening a team or project is detected by itself.',
    [
      'workspace_default_team_privacy_settings_changed',
      'workspace_wide_reporting_enabled',
      'workspace_wide_reporting_disabled',
    ],
  ],
  [
    'The event does not say which source of files was allowed or forbidden, and neither grants access to Asana.',
    ['workspace_file_attachment_options_changed'],
  ],
  [
    'A matter of plans and seats, not of access. Each person added has an event of their own.',
    ['domain_user_billing_paused', 'domain_user_billing_unpaused', 'user_csv_import_started'],
  ],
  [
    'It puts deleted work back, or takes access away: nothing is lost or let in by it.',
    [
      'task_undeleted',
      'project_undeleted',
      'portfolio_undeleted',
      'goal_undeleted',
      'custom_field_undeleted',
      'message_undeleted',
      'team_undeleted',
      'attachment_undeleted',
      'comment_undeleted',
      'status_update_undeleted',
      'task_template_undeleted',
      'project_template_undeleted',
      'story_undeleted',
      'team_member_removed',
      'project_member_removed',
      'portfolio_member_removed',
    ],
  ],
  [
    'Everyday work that takes nothing out and lets nobody in.',
    [
      'user_logged_out',
      'user_password_changed',
      'team_created',
      'attachment_uploaded',
      'team_harvest_integration_enabled',
      'team_harvest_integration_disabled',
    ],
  ],
  [
    'What is deleted can be brought back for 30 days, and losing one does little harm.',
    ['status_update_deleted', 'task_template_deleted'],
  ],
];

export const IGNORED_TYPES: ReadonlyMap<string, string> = new Map(
  IGNORED.flatMap(([reason, types]) => types.map((type) => [type, reason] as const)),
);

/** One entry for each known event type, in the order of event-types.ts. Without a reason an ignored type is a gap. */
export function coverageOf(detections: readonly Detection[]): Coverage[] {
  const named = detections.map((detection) => ({
    detection,
    types: new Set(lookedFor(detection).flatMap((pattern) => pattern['detail-type'])),
  }));
  return Object.values(EVENT_TYPES_BY_CATEGORY)
    .flat()
    .map((type): Coverage => {
      const naming = named.filter(({ types }) => types.has(type)).map(({ detection }) => detection);
      const by = naming.map(({ id }) => id);
      if (naming.some(({ kind }) => kind === 'match')) return { type, is: 'detected', by };
      if (naming.length > 0) return { type, is: 'watched', by };
      const reason = IGNORED_TYPES.get(type);
      return { type, is: 'ignored', by, ...(reason === undefined ? {} : { reason }) };
    });
}

/** Not what only calls a sequence off. */
function lookedFor(detection: Detection): readonly DetectionPattern[] {
  return detection.kind === 'sequence'
    ? waysOf(detection).map(({ pattern }) => pattern)
    : patternsOf(detection);
}
