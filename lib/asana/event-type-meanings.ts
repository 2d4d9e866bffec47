// What each known event type means, for people: the docs are made from this. Names alone are in event-types.ts.
// Nothing that runs in a function reads it, so that bundles stay small.
import { EVENT_TYPES_BY_CATEGORY, type EventCategory } from './event-types.ts';

export type EventType = (typeof EVENT_TYPES_BY_CATEGORY)[EventCategory][number];

export interface EventTypeMeaning {
  /** By Asana's own list; the `event_category` an event carries may differ. */
  readonly category: EventCategory;
  readonly resourceType: string;
  readonly meaning: string;
  /** `documented` by Asana, or `inferred`: the other half of a documented pair, seen nowhere (June 2026). */
  readonly confidence: 'documented' | 'inferred';
  /** False where no source says the category and it follows from the name. */
  readonly categoryIsSure: boolean;
}

const INFERRED: ReadonlySet<EventType> = new Set<EventType>([
  'workspace_ip_allowlist_enabled',
  'workspace_ip_allowlist_api_traffic_enabled',
  'workspace_mobile_app_biometric_authentication_required_enabled',
  'workspace_mobile_app_screen_capture_disabled',
  'workspace_mobile_app_copy_paste_disabled',
]);
const CATEGORY_GUESSED: ReadonlySet<EventType> = new Set<EventType>([
  'workspace_required_sso_provider_settings_changed',
  'workspace_idle_session_duration_changed',
  'workspace_service_account_token_expiry_changed',
  'workspace_trusted_domains_setting_changed',
  'workspace_machine_learning_product_feature_changed',
  'ai_studio_addon_type_changed',
  'custom_role_created',
  'role_permission_changed',
]);

/** By the type of the resource that an event is about. */
const MEANINGS: Readonly<Record<string, Partial<Record<EventType, string>>>> = {
  user: {
    user_login_succeeded: 'A sign-in worked.',
    user_login_failed: 'A sign-in was refused.',
    user_logged_out: 'A person signed out, or was signed out.',
    user_invited: 'A person was invited, or joined by an attached email domain.',
    user_deprovisioned: 'A person was taken out of the organisation.',
    user_reprovisioned: 'A person taken out before was let in again.',
    user_forgot_password_started: 'Somebody asked for a link to recover a password.',
    user_password_reset: 'A password was reset.',
    user_password_changed: 'A person chose a new password.',
    user_two_factor_auth_enabled: 'An account began to ask for a second factor.',
    user_two_factor_auth_disabled: 'An account stopped asking for a second factor.',
    user_csv_import_started: 'People are being imported from a CSV file.',
    domain_user_billing_paused: 'A person no longer takes a paid seat.',
    domain_user_billing_unpaused: 'A person takes a paid seat again.',
    user_workspace_admin_role_changed: "A person's role in the organisation changed.",
    user_division_admin_role_changed: "A person's admin role in a division changed.",
    user_app_authorized: 'A person let an OAuth app in.',
    user_app_revoked: "A person took an OAuth app's access back.",
    user_personal_access_token_authorized: 'A person made a personal access token.',
    user_personal_access_token_revoked: 'A personal access token was revoked.',
    service_account_created: 'A service account was made, or brought back.',
    service_account_deleted: 'A service account was deleted.',
    service_account_name_changed: 'A service account got another name.',
  },
  workspace: {
    workspace_security_contact_email_changed: 'Security notices go to another address.',
    workspace_google_sso_settings_changed: 'The policy for signing in with Google changed.',
    workspace_saml_settings_changed: 'The SAML policy changed, from required to optional for one.',
    workspace_saml_url_changed: 'Sign-ins go to another SAML identity provider.',
    workspace_required_sso_provider_settings_changed:
      'Another single sign-on provider is the mandatory one.',
    workspace_password_requirements_changed: 'Passwords must be stronger, or need not be.',
    workspace_force_password_reset: 'Everybody has to choose a new password.',
    workspace_guest_invite_permissions_changed: 'Other people than before may invite guests.',
    workspace_file_attachment_options_changed:
      'Files may be attached from other places than before.',
    workspace_default_team_privacy_settings_changed: 'New teams begin with another privacy.',
    workspace_wide_reporting_enabled: 'Reports across the organisation are on.',
    workspace_wide_reporting_disabled: 'Reports across the organisation are off.',
    workspace_associated_email_domain_added: 'People of one more email domain can join.',
    workspace_associated_email_domain_removed: 'People of an email domain can no longer join.',
    workspace_require_two_factor_auth_enabled: 'Everybody needs a second factor.',
    workspace_require_two_factor_auth_disabled: 'A second factor is no longer required.',
    workspace_app_recipient_emails_changed: 'Requests to approve apps go to other people.',
    workspace_view_links_enabled: 'Read-only links for people who are not signed in may be made.',
    workspace_view_links_disabled:
      'Read-only links for people who are not signed in are forbidden.',
    workspace_default_session_duration_changed: 'Sessions last longer, or shorter, than before.',
    workspace_idle_session_duration_changed: 'Idle sessions end later, or sooner, than before.',
    workspace_form_link_authentication_required_enabled: 'Forms are open to signed-in people only.',
    workspace_form_link_authentication_required_disabled:
      'Forms are open to people who are not signed in.',
    workspace_personal_access_token_enabled: 'Personal access tokens are allowed.',
    workspace_personal_access_token_disabled: 'Personal access tokens are forbidden.',
    workspace_app_admin_approval_setting_changed:
      'One app was approved or blocked, or is open again.',
    workspace_require_app_approvals_of_type_changed:
      'Other kinds of apps need an approval, or none does.',
    workspace_form_is_embeddable_forms_enabled: 'Forms may be embedded in other sites.',
    workspace_form_is_embeddable_forms_disabled: 'Forms may not be embedded in other sites.',
    workspace_logged_out_view_authentication_required_enabled:
      'View links work for signed-in people only.',
    workspace_logged_out_view_authentication_required_disabled:
      'View links work without signing in.',
    workspace_baa_signed: 'A HIPAA business associate addendum was signed.',
    workspace_ip_allowlist_enabled: 'Only listed IP addresses may come in.',
    workspace_ip_allowlist_disabled: 'Any IP address may come in.',
    workspace_ip_allowlist_api_traffic_enabled: 'The IP allowlist holds for the API too.',
    workspace_ip_allowlist_api_traffic_disabled: 'The IP allowlist no longer holds for the API.',
    workspace_allowed_ip_range_added: 'The IP allowlist got one more range.',
    workspace_allowed_ip_range_changed: 'A range of the IP allowlist was edited.',
    workspace_allowed_ip_range_removed: 'The IP allowlist lost a range.',
    workspace_ip_allowlist_member_type_changed:
      'The IP allowlist holds for other kinds of members.',
    workspace_guest_app_usage_setting_changed: 'Guests may use apps, or no longer may.',
    workspace_guest_pat_usage_setting_changed:
      'Guests may use personal access tokens, or no longer may.',
    workspace_personal_access_token_expiry_changed:
      'Personal access tokens live longer or shorter.',
    workspace_service_account_token_expiry_changed:
      'Tokens of service accounts live longer or shorter.',
    workspace_trusted_domains_setting_changed: 'The setting about trusted domains changed.',
    workspace_machine_learning_product_feature_changed: 'An Asana AI feature went on or off.',
    ai_studio_addon_type_changed: 'The AI Studio add-on or its tier changed.',
    workspace_mobile_app_biometric_authentication_required_enabled:
      'The mobile app asks for biometrics.',
    workspace_mobile_app_biometric_authentication_required_disabled:
      'The mobile app asks for no biometrics.',
    workspace_mobile_app_screen_capture_enabled: 'The mobile app allows screen captures.',
    workspace_mobile_app_screen_capture_disabled: 'The mobile app forbids screen captures.',
    workspace_mobile_app_copy_paste_enabled: 'The mobile app allows copying text out of it.',
    workspace_mobile_app_copy_paste_disabled: 'The mobile app forbids copying text out of it.',
    workspace_mobile_app_attachments_sharing_enabled:
      'The mobile app allows saving and sharing files.',
    workspace_mobile_app_attachments_sharing_disabled:
      'The mobile app forbids saving and sharing files.',
    workspace_export_started: 'Somebody began to export the whole organisation.',
    workspace_teams_export_started: 'Somebody began to export the list of teams.',
    workspace_members_export_started: 'Somebody began to export the list of members.',
    object_export_started: 'Somebody began to export one object over the API.',
  },
  workspace_announcement: {
    workspace_announcement_created: 'An admin put up an announcement.',
    workspace_announcement_removed: 'An admin took an announcement down.',
  },
  role: {
    custom_role_created: "A role of the organisation's own was made.",
    role_permission_changed: 'A role may do something more, or less.',
  },
  search: {
    search_report_export_started: 'Somebody began to export a search as CSV.',
  },
  division: {
    division_teams_export_started: "Somebody began to export a division's list of teams.",
  },
  project: {
    project_csv_export_started: 'Somebody began to export a project as CSV.',
    project_share_link_enabled: 'A project can be joined by a link.',
    project_share_link_disabled: 'A project can no longer be joined by a link.',
    project_view_link_enabled: 'A project can be read by a link.',
    project_view_link_disabled: 'A project can no longer be read by a link.',
    project_member_added: 'A person became a member of a project.',
    project_member_removed: 'A person is no longer a member of a project.',
    project_privacy_settings_changed: 'A project is open to more people, or to fewer.',
    project_deleted: 'A project went to the trash.',
    project_undeleted: 'A project came back from the trash.',
  },
  attachment: {
    attachment_downloaded: 'A file was downloaded.',
    attachment_uploaded: 'A file was uploaded.',
    workspace_attachment_export_started: 'Somebody began to export files in bulk.',
    attachment_deleted: 'A file went to the trash.',
    attachment_undeleted: 'A file came back from the trash.',
  },
  team: {
    team_privacy_settings_changed: 'A team is open to more people, or to fewer.',
    team_member_added: 'A person became a member of a team.',
    team_member_removed: 'A person is no longer a member of a team.',
    team_harvest_integration_enabled: 'A team is connected to Harvest.',
    team_harvest_integration_disabled: 'A team is no longer connected to Harvest.',
    team_created: 'A team was made.',
    team_deleted: 'A team went to the trash.',
    team_undeleted: 'A team came back from the trash.',
  },
  portfolio: {
    portfolio_member_added: 'A person became a member of a portfolio.',
    portfolio_member_removed: 'A person is no longer a member of a portfolio.',
    portfolio_deleted: 'A portfolio went to the trash.',
    portfolio_undeleted: 'A portfolio came back from the trash.',
  },
  task: {
    task_deleted: 'A task went to the trash.',
    task_permanently_deleted: 'A task is gone for good.',
    task_undeleted: 'A task came back from the trash.',
  },
  goal: {
    goal_deleted: 'A goal went to the trash.',
    goal_undeleted: 'A goal came back from the trash.',
  },
  custom_field: {
    custom_field_deleted: 'A custom field went to the trash.',
    custom_field_undeleted: 'A custom field came back from the trash.',
  },
  message: {
    message_deleted: 'A message went to the trash.',
    message_permanently_deleted: 'A message is gone for good.',
    message_undeleted: 'A message came back from the trash.',
  },
  story: {
    comment_deleted: 'A comment went to the trash.',
    comment_undeleted: 'A comment came back from the trash.',
    story_deleted: 'An entry of an activity feed went to the trash.',
    story_undeleted: 'An entry of an activity feed came back from the trash.',
  },
  status_update: {
    status_update_deleted: 'A status update went to the trash.',
    status_update_permanently_deleted: 'A status update is gone for good.',
    status_update_undeleted: 'A status update came back from the trash.',
  },
  task_template: {
    task_template_deleted: 'A task template went to the trash.',
    task_template_undeleted: 'A task template came back from the trash.',
  },
  project_template: {
    project_template_deleted: 'A project template went to the trash.',
    project_template_undeleted: 'A project template came back from the trash.',
  },
};

/** Every known event type, in the order of event-types.ts. */
export const EVENT_TYPE_MEANINGS: ReadonlyMap<EventType, EventTypeMeaning> = new Map(
  Object.entries(EVENT_TYPES_BY_CATEGORY).flatMap(([category, types]) =>
    types.map((type) => [type, meaningOf(type, category as EventCategory)] as const),
  ),
);

function meaningOf(type: EventType, category: EventCategory): EventTypeMeaning {
  const [resourceType, meanings] =
    Object.entries(MEANINGS).find(([, each]) => each[type] !== undefined) ?? [];
  return {
    category,
    resourceType: resourceType ?? '',
    meaning: meanings?.[type] ?? '',
    confidence: INFERRED.has(type) ? 'inferred' : 'documented',
    categoryIsSure: !INFERRED.has(type) && !CATEGORY_GUESSED.has(type),
  };
}
