/** What the gate is made of: every part of it takes these and nothing else. */
import type { ProofKind } from '@sallyport/contract/proofs.ts';
import type { Authority } from '../authority/x509/authority-words.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Ids } from '../kernel/id.ts';
import type { Random } from '../kernel/random.ts';
import type { LadderAnswer } from '../policy/ladder.ts';
import type { Reply } from '../policy/reply.ts';
import type { PolicyRequest, ShownProof } from '../policy/request.ts';
import type { SshTerms } from '../policy/ssh-terms.ts';
import type { CardModule } from '../proofs/card/card.ts';
import type { ProcessProofModules } from '../proofs/process-proof.ts';
import type { ProofClass, ProofModule } from '../proofs/proof.ts';
import type { Counter } from '../record/counter.ts';
import type { Recorder } from '../record/record.ts';
import type { Queries, Store, Tx } from '../store/store.ts';
import type { DeviceProofs } from '../subjects/device-proofs.ts';
import type { Device, Devices } from '../subjects/devices.ts';
import type { People } from '../subjects/people.ts';
import type { DeviceFacts } from '../subjects/posture.ts';
import type { Processes } from '../subjects/processes.ts';
import type { Resources } from '../subjects/resources.ts';
import type { Vault } from '../vault/vault.ts';
import type { ApprovalConfig } from './approvals/approval-config.ts';
import type { Entrances } from './entry/entrances.ts';
import type { CommandConfig } from './network/command-config.ts';
import type { BindingLimits } from './sessions/bound-sessions.ts';
import type { SessionId } from './sessions/session-table.ts';
import type { SessionLimits } from './sessions/sessions.ts';
import type { ThrottleLimits } from './throttles/throttle.ts';

/** The active policies, as of one read. */
export interface ActivePolicies {
  /** Rises with each change of them. */
  readonly version: number;
  /** For how many seconds a proof is fresh. */
  readonly freshFor: number;
  /** Policies as they are told to people, those that forbid first. */
  explain(policies: readonly string[]): readonly { readonly because: string }[];
  /** What these policies tell a network device together; undefined when they contradict one another. */
  replyOf(policies: readonly string[]): Reply | undefined;
  /** What these say of SSH certificates, each for itself. */
  sshTermsOf(policies: readonly string[]): readonly SshTerms[];
  ladder(
    request: PolicyRequest,
    shown: readonly ShownProof[],
    presentable: readonly ProofClass[],
  ): LadderAnswer;
}

export type ProofModules = Readonly<Record<ProofKind, ProofModule>>;

export interface GateLimits {
  readonly attempt: number;
  readonly device: number;
  readonly sessions: SessionLimits;
  readonly binding: BindingLimits;
  readonly throttles: ThrottleLimits;
  readonly approvals: ApprovalConfig;
}

export interface GateDeps {
  readonly store: Store;
  readonly vault: Vault;
  readonly record: Recorder;
  readonly counter: Pick<Counter, 'count'>;
  readonly people: People;
  readonly processes: Processes;
  readonly devices: Devices;
  readonly deviceProofs: DeviceProofs;
  /** What policies are told of a device, as of a moment. */
  readonly deviceFacts: (device: Device, now: number) => DeviceFacts;
  /** Whose a certificate is, and whether it is good. */
  readonly certificates: Pick<Authority, 'judge' | 'noteShown' | 'noteVouched'>;
  readonly resources: Resources;
  readonly entrances: Entrances;
  readonly policies: {
    current(q: Queries): Promise<ActivePolicies>;
    ofVersion(q: Queries, version: number): ActivePolicies | Promise<ActivePolicies>;
  };
  readonly proofs: ProofModules;
  readonly processProofs: ProcessProofModules;
  readonly clock: Clock;
  readonly random: Random;
  readonly ids: Ids;
  readonly limits: GateLimits;
  /** Commands at network devices: which are sensitive, and when changes may be made. */
  readonly commands: CommandConfig;
  /** Whose card a certificate is, and what it counts as. */
  readonly cards: Pick<CardModule, 'holder' | 'isOf' | 'worth'>;
  /** What was begun in a session that is stepped up from goes on in the one that follows it. */
  readonly carryOver: (tx: Tx, from: SessionId, to: SessionId) => Promise<unknown>;
  /** Told of every fault in full; outsiders are told nothing of it. */
  readonly report: (fault: unknown) => void;
}
