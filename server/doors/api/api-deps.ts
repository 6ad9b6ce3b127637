/** What the API needs of the house: the gate's use cases, and what HTTP needs to know of where it is served. */

import type { Gate } from '../../gate/gate.ts';
import type { ApprovalAdministration } from '../../gate/use-cases/approvals/approval-administration.ts';
import type { Apps } from '../../gate/use-cases/apps/app-words.ts';
import type { AppInviting } from '../../gate/use-cases/apps/registration/app-inviting.ts';
import type { AuthorityAdministration } from '../../gate/use-cases/certificates/authority-administration.ts';
import type { CertificateAdministration } from '../../gate/use-cases/certificates/certificate-administration.ts';
import type { DeviceAdministration } from '../../gate/use-cases/devices/device-administration.ts';
import type { EnrolmentAdministration } from '../../gate/use-cases/devices/enrolment-administration.ts';
import type { PostureReports } from '../../gate/use-cases/devices/posture-reports.ts';
import type { TpmBinding } from '../../gate/use-cases/devices/tpm-binding.ts';
import type { Keys } from '../../gate/use-cases/keys.ts';
import type { LogInAdministration } from '../../gate/use-cases/network/log-in-administration.ts';
import type { Activity } from '../../gate/use-cases/people/activity.ts';
import type { CardAdministration } from '../../gate/use-cases/people/card-administration.ts';
import type { CompanyTokens } from '../../gate/use-cases/people/company-tokens.ts';
import type { Enrolments } from '../../gate/use-cases/people/enrolment.ts';
import type { Administration } from '../../gate/use-cases/people/person-administration.ts';
import type { Portal } from '../../gate/use-cases/people/portal.ts';
import type { Governance } from '../../gate/use-cases/policies/governance.ts';
import type { OwnApi } from '../../gate/use-cases/processes/own-api.ts';
import type { ProcessAdministration } from '../../gate/use-cases/processes/process-administration.ts';
import type { Exporting } from '../../gate/use-cases/record/exporting.ts';
import type { Reading } from '../../gate/use-cases/record/reading.ts';
import type { ResourceAdministration } from '../../gate/use-cases/resources/resource-administration.ts';
import type { SshAdministration } from '../../gate/use-cases/ssh/ssh-administration.ts';
import type { SshLogIn } from '../../gate/use-cases/ssh/ssh-log-in.ts';
import type { WorkloadAdministration } from '../../gate/use-cases/workloads/workload-administration.ts';
import type { CsrfTokens } from '../../http/csrf.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { People } from '../../subjects/people.ts';

export interface ApiDeps {
  readonly gate: Pick<Gate, 'ask' | 'prove'>;
  /** For callers with an access token of our own. */
  readonly ownApi: OwnApi;
  readonly portal: Portal;
  readonly apps: Pick<Apps, 'list' | 'revoke'>;
  readonly enrolments: Enrolments;
  readonly activity: Activity;
  readonly administration: Administration;
  readonly cardAdministration: CardAdministration;
  readonly companyTokens: Pick<CompanyTokens, 'assign'>;
  readonly logInAdministration: LogInAdministration;
  readonly approvalAdministration: ApprovalAdministration;
  readonly processAdministration: ProcessAdministration;
  readonly workloadAdministration: WorkloadAdministration;
  readonly deviceAdministration: DeviceAdministration;
  readonly postureReports: PostureReports;
  readonly enrolmentAdministration: EnrolmentAdministration;
  readonly tpmBinding: TpmBinding;
  readonly certificateAdministration: CertificateAdministration;
  readonly authorityAdministration: AuthorityAdministration;
  readonly resourceAdministration: ResourceAdministration;
  readonly appInviting: AppInviting;
  /** Where applications register themselves; null while it is switched off. */
  readonly registration: () => string | null;
  readonly governance: Governance;
  readonly reading: Reading;
  readonly exporting: Exporting;
  readonly keys: Pick<Keys, 'list' | 'rotate' | 'rotateSigning'>;
  readonly sshLogIn: SshLogIn;
  readonly sshAdministration: SshAdministration;
  readonly people: People;
  readonly clock: Clock;
  /** 32 bytes, the same on every node: cursors are signed under a key made from it. */
  readonly key: Uint8Array;
  /** Those that our pages carry: with a session cookie, changes need one. */
  readonly csrf: CsrfTokens;
  /** The address that browsers know us by, and whether it is HTTPS. */
  readonly origin: () => string;
  readonly secure: boolean;
  readonly trustedNetwork: (address: string) => boolean;
}
