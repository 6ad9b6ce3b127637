/**
 * What administrators look after, wherever it is: in the house of this machine, where whoever runs the command needs nobody's
 * leave, or at a server elsewhere, where they are judged like any administrator. Commands speak to a desk, and say the same in the
 * same words whichever it is. What things are, and what can go wrong with them, is told in the API's own form.
 *
 * To add a group of commands: its desk here, of the few words that it needs; one file for each of the two places (house-….ts and
 * server-….ts), their lines in house-desk.ts and server-desk.ts; and `remote` in terminal/groups.ts.
 */
import type { ApprovalsDesk } from './approvals-desk.ts';
import type { AuthorityDesk } from './authority-desk.ts';
import type { CardsDesk } from './cards-desk.ts';
import type { CertificatesDesk } from './certificates-desk.ts';
import type { CompanyTokensDesk } from './company-tokens-desk.ts';
import type { DevicesDesk } from './devices-desk.ts';
import type { InvitationsDesk } from './invitations-desk.ts';
import type { KeysDesk } from './keys-desk.ts';
import type { LogInsDesk } from './log-ins-desk.ts';
import type { PassesDesk } from './passes-desk.ts';
import type { PeopleDesk } from './people-desk.ts';
import type { PoliciesDesk } from './policies-desk.ts';
import type { ProcessesDesk } from './processes-desk.ts';
import type { RecordDesk } from './record-desk.ts';
import type { ResourcesDesk } from './resources-desk.ts';
import type { SshDesk } from './ssh-desk.ts';
import type { TokensDesk } from './tokens-desk.ts';
import type { WorkloadsDesk } from './workloads-desk.ts';

export interface Desk {
  readonly people: PeopleDesk;
  readonly cards: CardsDesk;
  readonly companyTokens: CompanyTokensDesk;
  readonly processes: ProcessesDesk;
  readonly workloads: WorkloadsDesk;
  readonly devices: DevicesDesk;
  readonly logIns: LogInsDesk;
  readonly approvals: ApprovalsDesk;
  readonly certificates: CertificatesDesk;
  readonly authority: AuthorityDesk;
  readonly passes: PassesDesk;
  readonly resources: ResourcesDesk;
  readonly invitations: InvitationsDesk;
  readonly ssh: SshDesk;
  readonly tokens: TokensDesk;
  readonly policies: PoliciesDesk;
  readonly keys: KeysDesk;
  readonly record: RecordDesk;
}
