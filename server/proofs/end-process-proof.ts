import type { Tx } from '../store/store.ts';
import type { HeldProcessProof, ProcessProofDeps } from './process-proof.ts';
import type { ProofId } from './proof.ts';
import { reissueProof } from './proof-table.ts';

/**
 * Has a proof of a process that another takes the place of end at a time, if it would not end sooner. What is known of a proof by
 * its id stays so until it goes, and so this one has another id. Undefined when it went meanwhile.
 */
export async function endProcessProof(
  { ids }: Pick<ProcessProofDeps, 'ids'>,
  tx: Tx,
  { process, id, detail, expiresAt }: HeldProcessProof,
  at: number,
): Promise<ProofId | undefined> {
  const framed = JSON.parse(detail) as object; // Written by process-held.ts alone.
  const ending = JSON.stringify({
    ...framed,
    expiresAt: Math.min(expiresAt ?? at, at),
    replaced: true,
  });
  const next = ids.next<'proof'>();
  const changed = await tx.run(reissueProof, { subject: process, id, next, detail: ending });
  return changed === 1 ? next : undefined;
}
