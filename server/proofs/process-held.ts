/**
 * The proofs that processes hold: found, added, removed. They stand in the table of all proofs; what they have besides, two
 * times, frames the kind's own facts in `detail`.
 */
import { createHash } from 'node:crypto';
import { processProofKinds } from '@sallyport/contract/processes.ts';
import { createBoundedMap } from '../kernel/bounded-map.ts';
import { Fault } from '../kernel/fault.ts';
import type { ProcessId } from '../kernel/id.ts';
import { failed, ok, type Result } from '../kernel/result.ts';
import type { Queries, Tx } from '../store/store.ts';
import type {
  AddedProcessProof,
  AddingProcessProof,
  HeldProcessProof,
  ProcessProofDeps,
  ProcessProofError,
  ProcessProofModule,
} from './process-proof.ts';
import type { ProofId } from './proof.ts';
import { proofName } from './proof-name.ts';
import { deleteProof, insertProof, proofsOf, touchProof } from './proof-table.ts';

interface Frame {
  readonly notBefore: number;
  readonly expiresAt: number | null;
  /** Another took its place, and it ends by itself. */
  readonly replaced?: true;
  readonly of: unknown;
}

export async function listProcessProofs(
  q: Queries,
  process: ProcessId,
): Promise<HeldProcessProof[]> {
  const rows = await q.all(proofsOf, { subject: process });
  return rows.map((row) => {
    const kind = processProofKinds.find((known) => known === row.kind);
    if (kind === undefined) throw new Fault('proof.engine', `a process with a proof: ${row.kind}`);
    const { notBefore, expiresAt, replaced = false } = frameOf(row.detail);
    return {
      id: row.id,
      process,
      kind,
      name: row.name,
      createdAt: row.created_at,
      lastUsedAt: row.last_used_at,
      detail: row.detail,
      notBefore,
      expiresAt,
      replaced,
    };
  });
}

function frameOf(detail: string): Frame {
  return JSON.parse(detail) as Frame; // Written by `addProcessProof` alone.
}

/** The kind's own facts. */
export function factsOf<Facts>(held: HeldProcessProof): Facts {
  return frameOf(held.detail).of as Facts; // As the same kind wrote them.
}

/** False when the process holds no such proof (any more). */
export async function removeProcessProof(
  tx: Tx,
  process: ProcessId,
  id: ProofId,
): Promise<boolean> {
  return (await tx.run(deleteProof, { subject: process, id })) === 1;
}

export function touchProcessProof(tx: Tx, process: ProcessId, id: ProofId, now: number): void {
  tx.put(touchProof, { subject: process, id, now });
}

/** Those of a kind that are good at a moment. */
export function inForce(
  held: readonly HeldProcessProof[],
  kind: HeldProcessProof['kind'],
  now: number,
): HeldProcessProof[] {
  return held.filter(
    (proof) =>
      proof.kind === kind &&
      proof.notBefore <= now &&
      (proof.expiresAt === null || now < proof.expiresAt),
  );
}

/** Whether one of a kind is held, but its time has not come or is over. */
export function onlyOutOfForce(
  held: readonly HeldProcessProof[],
  kind: HeldProcessProof['kind'],
): 'expired' | 'not-held' {
  return held.some((proof) => proof.kind === kind) ? 'expired' : 'not-held';
}

export interface NewProcessProof {
  readonly facts: unknown;
  /** What nobody else may hold, such as a public key; undefined where many may hold the same. */
  readonly unique?: string | undefined;
  /** How long it may be good; undefined where it needs no end. */
  readonly longest?: number | undefined;
  /** How long it is good when nobody says; as long as may be, unless given. */
  readonly usual?: number | undefined;
  /** When it ends whatever anyone says: a certificate's own end. */
  readonly end?: number | undefined;
  readonly shownOnce?: readonly string[];
}

/** Writes a proof that its kind has found sound, with times within what the kind allows. */
export async function addProcessProof(
  { clock, ids }: Pick<ProcessProofDeps, 'clock' | 'ids'>,
  { kind, most }: Pick<ProcessProofModule, 'kind' | 'most'>,
  tx: Tx,
  adding: AddingProcessProof,
  proof: NewProcessProof,
): Promise<Result<AddedProcessProof, ProcessProofError>> {
  const now = clock.now();
  const { process, held } = adding;
  const name = proofName.safeParse(adding.name);
  if (!name.success) return failed({ code: 'malformed', detail: 'the name is not of its form' });
  const notBefore = Math.max(now, adding.notBefore ?? now);
  const latest = Math.min(
    proof.longest === undefined ? Number.POSITIVE_INFINITY : notBefore + proof.longest,
    proof.end ?? Number.POSITIVE_INFINITY,
  );
  const usual = proof.usual === undefined ? latest : Math.min(latest, notBefore + proof.usual);
  const until = adding.expiresAt ?? usual;
  if (until > latest)
    return failed({ code: 'not-allowed', detail: 'it would be good for too long' });
  if (until <= notBefore) return failed({ code: 'not-allowed', detail: 'it would never be good' });
  // What has expired takes nobody's place.
  const counted = held.filter((each) => each.kind === kind && (each.expiresAt ?? now + 1) > now);
  if (counted.length >= most) return failed({ code: 'too-many' });
  const expiresAt = Number.isFinite(until) ? until : null;
  const id = ids.next<'proof'>();
  const frame: Frame = { notBefore, expiresAt, of: proof.facts };
  const added = await tx.run(insertProof, {
    subject_id: process,
    id,
    kind,
    name: name.data,
    created_at: now,
    last_used_at: null,
    detail: JSON.stringify(frame),
    sealed: null,
    counter: 0,
    lookup:
      proof.unique === undefined
        ? null
        : new Uint8Array(createHash('sha256').update(`${kind} ${proof.unique}`).digest()),
  });
  if (added !== 1) return failed({ code: 'held-already' });
  const { shownOnce } = proof;
  return ok({ proof: id, expiresAt, ...(shownOnce === undefined ? {} : { shownOnce }) });
}

/** Parsed facts, kept by their text: KeyObjects above all, which cost more to make than a signature to check. */
export function createReadFacts<Facts, Read extends NonNullable<unknown>>(
  read: (facts: Facts) => Read,
  most = 20_000,
) {
  const known = createBoundedMap<string, Read>(most);
  return (held: HeldProcessProof): Read => {
    const kept = known.get(held.detail);
    if (kept !== undefined) return kept;
    const fresh = read(factsOf<Facts>(held));
    known.set(held.detail, fresh);
    return fresh;
  };
}
