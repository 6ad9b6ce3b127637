/** Looking after processes (desk.ts). */
import type { ProcessProofKind, ProcessStatus } from '@sallyport/contract/processes.ts';
import type { AnswerOf } from '../remote/connection.ts';
import type { Done, Page } from './done.ts';

export type ShownProcess = AnswerOf<'showProcess'>;
export type ShownProof = ShownProcess['proofs'][number];
export type AddedProof = AnswerOf<'addProcessProof'>;

export interface ProcessFilter {
  readonly status?: ProcessStatus;
  readonly orphaned?: true;
  /** By their ids. */
  readonly owner?: string;
  readonly resource?: string;
  readonly after?: string;
  readonly limit: number;
}

export interface Entry {
  readonly resource: string;
  readonly scopes: readonly string[];
}

export interface NewProcess {
  readonly name: string;
  readonly owner: string;
  readonly purpose: string;
  readonly groups: readonly string[];
  readonly entries: readonly Entry[];
}

export interface ProofTerms {
  /** What the kind wants to know: a public key, an issuer. */
  readonly settings: unknown;
  readonly expiresAt: number | undefined;
}

export interface NewProof extends ProofTerms {
  readonly kind: ProcessProofKind;
  readonly name: string;
}

export interface Rotation extends ProofTerms {
  readonly proof: string;
  /** Milliseconds for which the old one is good beside the new one. */
  readonly overlap: number;
}

export interface ProcessesDesk {
  /** By name or id. */
  find(named: string): Done<ShownProcess | undefined>;
  list(filter: ProcessFilter): Done<Page<ShownProcess>>;
  add(process: NewProcess): Done<ShownProcess>;
  change(id: string, change: Partial<NewProcess>): Done<ShownProcess>;
  disable(id: string): Done<ShownProcess>;
  enable(id: string): Done<ShownProcess>;
  addProof(id: string, proof: NewProof): Done<AddedProof>;
  rotate(id: string, rotation: Rotation): Done<AddedProof>;
  removeProof(id: string, proof: string): Done<unknown>;
}
