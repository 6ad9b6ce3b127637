/**
 * The proofs that subjects hold: found, kept, renamed, removed. The gate reads with `listHeld` once a step; the kinds keep
 * and spend theirs through the rest.
 */
import { createHash } from 'node:crypto';
import { type ProofKind, proofKinds } from '@sallyport/contract/proofs.ts';
import { Fault } from '../kernel/fault.ts';
import type { SubjectId } from '../kernel/id.ts';
import type { Queries, Tx } from '../store/store.ts';
import type { Place } from '../vault/vault.ts';
import type { HeldProof, ProofId } from './proof.ts';
import {
  deleteProof,
  deleteProofsOf,
  deleteProofsOfKind,
  insertProof,
  type ProofRow,
  proofByLookup,
  proofsOf,
  putProof,
  renameProof,
} from './proof-table.ts';

export const NAME_LENGTH = 64;

/** Where a proof's secret is sealed: a secret moved to another row does not open. */
export function sealedPlace(id: ProofId): Place {
  return { table: 'proof', column: 'sealed', row: id };
}

export async function listHeld(q: Queries, subject: SubjectId): Promise<HeldProof[]> {
  const rows = await q.all(proofsOf, { subject });
  return rows.map(fromRow);
}

export async function findByLookup(q: Queries, lookup: Uint8Array): Promise<HeldProof | undefined> {
  const row = await q.one(proofByLookup, { lookup });
  return row === undefined ? undefined : fromRow(row);
}

/** False when the subject holds no such proof. */
export async function renameHeld(
  tx: Tx,
  subject: SubjectId,
  id: ProofId,
  name: string,
): Promise<boolean> {
  return (await tx.run(renameProof, { subject, id, name })) === 1;
}

/** False when the subject holds no such proof (any more). */
export async function removeHeld(tx: Tx, subject: SubjectId, id: ProofId): Promise<boolean> {
  return (await tx.run(deleteProof, { subject, id })) === 1;
}

export function removeKind(tx: Tx, subject: SubjectId, kind: ProofKind): Promise<number> {
  return tx.run(deleteProofsOfKind, { subject, kind });
}

/** For erasure. Gives how many there were. */
export function removeAllHeld(tx: Tx, subject: SubjectId): Promise<number> {
  return tx.run(deleteProofsOf, { subject });
}

export type NewProof = Omit<HeldProof, 'lastUsedAt'>;

/** Adds one of several. False when `lookup` is taken. */
export async function addHeld(
  tx: Tx,
  proof: NewProof,
  lookup: Uint8Array | null,
): Promise<boolean> {
  return (await tx.run(insertProof, toRow(proof, lookup))) === 1;
}

/**
 * Puts the one proof of its kind that a subject may hold, in place of the one before. That there is one is kept by the
 * unique index on the place's name, not by looking first: two enrolments at once leave one proof, the later.
 */
export async function putOnly(tx: Tx, proof: NewProof): Promise<void> {
  await tx.run(putProof, toRow(proof, onlyPlace(proof.subject, proof.kind)));
}

function onlyPlace(subject: SubjectId, kind: ProofKind): Uint8Array {
  return new Uint8Array(createHash('sha256').update(`only ${kind} of ${subject}`).digest());
}

function toRow(proof: NewProof, lookup: Uint8Array | null): ProofRow {
  return {
    subject_id: proof.subject,
    id: proof.id,
    kind: proof.kind,
    name: proof.name,
    created_at: proof.createdAt,
    last_used_at: null,
    detail: proof.detail,
    sealed: proof.sealed,
    counter: proof.counter,
    lookup,
  };
}

function fromRow(row: Omit<ProofRow, 'lookup'>): HeldProof {
  const kind = proofKinds.find((known) => known === row.kind);
  if (kind === undefined) throw new Fault('proof.engine', `a proof of unknown kind: ${row.kind}`);
  return {
    id: row.id,
    subject: row.subject_id,
    kind,
    name: row.name,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
    detail: row.detail,
    sealed: row.sealed,
    counter: row.counter,
  };
}
