/** What the house stands on, and is handed: the database, its keys, time and chance, and the ways out of it. */
import type { FetchList } from '../authority/x509/list-fetching.ts';
import type { PostForm } from '../http/post-form.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Later } from '../kernel/later.ts';
import type { Notice } from '../kernel/notice.ts';
import type { OutOfReach } from '../kernel/out-of-reach.ts';
import type { Random } from '../kernel/random.ts';
import type { PolicyFiles } from '../policy/policy-files.ts';
import type { FetchText } from '../proofs/jwks.ts';
import type { GuessJudge } from '../proofs/password/guess-judge.ts';
import type { KeptCheckpoint } from '../record/kept-checkpoint.ts';
import type { RecordListener } from '../record/record.ts';
import type { Store } from '../store/store.ts';
import type { RootKeys } from '../vault/root-key.ts';
import type { SendAlert } from '../watch/alerts.ts';
import type { Challenges } from './enrolment-parts.ts';

export interface HouseDeps {
  /** Open, and migrated. */
  readonly store: Store;
  readonly rootKeys: RootKeys;
  readonly rereadRootKeys?: (() => RootKeys | undefined) | undefined;
  readonly kept: KeptCheckpoint;
  readonly clock: Clock;
  readonly random: Random;
  readonly later: Later;
  readonly notice: Notice;
  readonly shippedPolicies: PolicyFiles;
  /** For addresses that came from outside: the keys of others. Where it is left out, none are fetched. */
  readonly fetch?: FetchText | undefined;
  /** Which addresses of these and the following are not worth keeping. Where it is left out, each is kept as it comes. */
  readonly outOfReach?: OutOfReach | undefined;
  /** For applications that want to be told when a sign-in ends. Where it is left out, none are told. */
  readonly post?: PostForm | undefined;
  /** For names of hosts that are to be proven. Where it is left out, none are looked at. */
  readonly challenges?: Challenges | undefined;
  /** Where other authorities publish what they revoked. Where it is left out, nothing is fetched. */
  readonly fetchList?: FetchList | undefined;
  /** Who tells how guessable a new password is. Where it is left out, a thread of the house's own. */
  readonly judge?: GuessJudge | undefined;
  /** Undefined when the configuration names nobody to alert. */
  readonly sendAlert: SendAlert | undefined;
  readonly onRecorded?: RecordListener | undefined;
  /** Names this process among others on the same database. */
  readonly node: string;
}
