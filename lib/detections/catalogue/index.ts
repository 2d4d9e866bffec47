// All detections, in the order of their ids. Loading this loads data only: no engine, no AWS client.
import type { Detection } from '../define.ts';
import {
  appApprovalWeakened,
  emailDomainAdded,
  guestInvitesOpened,
  publicAccessOpened,
} from './access-policy.ts';
import { serviceAccountCreated } from './apps.ts';
import { teamMadePublic } from './data.ts';
import { organizationExport } from './exports.ts';
import { adminGranted, superAdminGranted } from './roles.ts';
import { passwordWeakened, samlWeakened, sessionExtended } from './sign-in-policy.ts';

export const CATALOGUE: readonly Detection[] = Object.freeze([
  serviceAccountCreated,
  teamMadePublic,
  organizationExport,
  appApprovalWeakened,
  emailDomainAdded,
  guestInvitesOpened,
  passwordWeakened,
  publicAccessOpened,
  samlWeakened,
  sessionExtended,
  adminGranted,
  superAdminGranted,
]);
