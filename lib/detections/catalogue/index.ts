// All detections, in the order of their ids. Loading this loads data only: no engine, no AWS client.
import { type Detection, defineCatalogue } from '../define.ts';
import {
  appApprovalWeakened,
  emailDomainAdded,
  guestInvitesOpened,
  publicAccessOpened,
} from './access-policy.ts';
import { adminsRemoved, deprovisionBurst, inviteBurst } from './account-bursts.ts';
import { bruteForceIp, passwordSpray, resetBurst } from './address-bursts.ts';
import { settingChangedByApi, supportAccess } from './administration.ts';
import {
  serviceAccountCreated,
  serviceAccountRemoved,
  serviceAccountUnlisted,
  tokenCreated,
} from './apps.ts';
import { csvBurst, massDownload, selfAddBurst } from './bulk-reads.ts';
import { externalMemberAdded, projectMadePublic, teamMadePublic } from './data.ts';
import { containerDelete, massItemDelete, permanentDelete } from './deletions.ts';
import { ipAllowlistWeakened, mobileControlsWeakened } from './device-policy.ts';
import { directoryExport, organizationExport } from './exports.ts';
import { exportThenDelete } from './extortion.ts';
import { mfaRequirementDisabled, ssoRepointed } from './identity-policy.ts';
import { consentWave, newOauthApp } from './new-apps.ts';
import {
  aiSettingChanged,
  securityContactChanged,
  trustedDomainsChanged,
} from './organization-policy.ts';
import { changeBurst, offThenOn } from './policy-bursts.ts';
import { afterDeprovision } from './removed-users.ts';
import {
  adminGranted,
  customRoleChanged,
  divisionAdminChanged,
  superAdminGranted,
} from './roles.ts';
import { mfaNotRestored } from './second-factor.ts';
import { bruteForceUser, successAfterFailures } from './sign-in-bursts.ts';
import { dormantAccount, newUserAgent } from './sign-in-habits.ts';
import { passwordWeakened, samlWeakened, sessionExtended } from './sign-in-policy.ts';
import { ssoBypass } from './sign-ins.ts';
import { takeoverChain } from './takeover.ts';
import { tokenPolicyWeakened } from './token-policy.ts';
import { serviceAccountNewIp, tokenThenBulkRead } from './token-use.ts';
import { externalInvited, mfaDisabled, reprovisioned } from './users.ts';

export const CATALOGUE: readonly Detection[] = defineCatalogue([
  settingChangedByApi,
  consentWave,
  newOauthApp,
  tokenCreated,
  serviceAccountCreated,
  serviceAccountNewIp,
  serviceAccountRemoved,
  serviceAccountUnlisted,
  tokenThenBulkRead,
  externalMemberAdded,
  massDownload,
  projectMadePublic,
  selfAddBurst,
  teamMadePublic,
  csvBurst,
  directoryExport,
  organizationExport,
  containerDelete,
  exportThenDelete,
  massItemDelete,
  permanentDelete,
  afterDeprovision,
  bruteForceIp,
  bruteForceUser,
  dormantAccount,
  newUserAgent,
  passwordSpray,
  ssoBypass,
  successAfterFailures,
  aiSettingChanged,
  appApprovalWeakened,
  changeBurst,
  emailDomainAdded,
  guestInvitesOpened,
  ipAllowlistWeakened,
  mfaRequirementDisabled,
  mobileControlsWeakened,
  offThenOn,
  passwordWeakened,
  publicAccessOpened,
  samlWeakened,
  securityContactChanged,
  sessionExtended,
  ssoRepointed,
  tokenPolicyWeakened,
  trustedDomainsChanged,
  adminGranted,
  adminsRemoved,
  customRoleChanged,
  divisionAdminChanged,
  superAdminGranted,
  supportAccess,
  deprovisionBurst,
  externalInvited,
  inviteBurst,
  mfaDisabled,
  mfaNotRestored,
  reprovisioned,
  resetBurst,
  takeoverChain,
]);
