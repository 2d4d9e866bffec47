// All detections, in the order of their ids. Loading this loads data only: no engine, no AWS client.
import type { Detection } from '../define.ts';
import {
  appApprovalWeakened,
  emailDomainAdded,
  guestInvitesOpened,
  publicAccessOpened,
} from './access-policy.ts';
import { settingChangedByApi, supportAccess } from './administration.ts';
import {
  serviceAccountCreated,
  serviceAccountRemoved,
  serviceAccountUnlisted,
  tokenCreated,
} from './apps.ts';
import { externalMemberAdded, projectMadePublic, teamMadePublic } from './data.ts';
import { ipAllowlistWeakened, mobileControlsWeakened } from './device-policy.ts';
import { directoryExport, organizationExport } from './exports.ts';
import { mfaRequirementDisabled, ssoRepointed } from './identity-policy.ts';
import { newOauthApp } from './new-apps.ts';
import {
  aiSettingChanged,
  securityContactChanged,
  trustedDomainsChanged,
} from './organization-policy.ts';
import {
  adminGranted,
  customRoleChanged,
  divisionAdminChanged,
  superAdminGranted,
} from './roles.ts';
import { mfaNotRestored } from './second-factor.ts';
import { bruteForceUser, successAfterFailures } from './sign-in-bursts.ts';
import { passwordWeakened, samlWeakened, sessionExtended } from './sign-in-policy.ts';
import { ssoBypass } from './sign-ins.ts';
import { tokenPolicyWeakened } from './token-policy.ts';
import { externalInvited, mfaDisabled, reprovisioned } from './users.ts';

export const CATALOGUE: readonly Detection[] = Object.freeze([
  settingChangedByApi,
  newOauthApp,
  tokenCreated,
  serviceAccountCreated,
  serviceAccountRemoved,
  serviceAccountUnlisted,
  externalMemberAdded,
  projectMadePublic,
  teamMadePublic,
  directoryExport,
  organizationExport,
  bruteForceUser,
  ssoBypass,
  successAfterFailures,
  aiSettingChanged,
  appApprovalWeakened,
  emailDomainAdded,
  guestInvitesOpened,
  ipAllowlistWeakened,
  mfaRequirementDisabled,
  mobileControlsWeakened,
  passwordWeakened,
  publicAccessOpened,
  samlWeakened,
  securityContactChanged,
  sessionExtended,
  ssoRepointed,
  tokenPolicyWeakened,
  trustedDomainsChanged,
  adminGranted,
  customRoleChanged,
  divisionAdminChanged,
  superAdminGranted,
  supportAccess,
  externalInvited,
  mfaDisabled,
  mfaNotRestored,
  reprovisioned,
]);
