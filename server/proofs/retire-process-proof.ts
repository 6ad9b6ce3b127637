import type { Tx } from '../store/store.ts';
import type { HeldProcessProof, ProcessProofDeps } from './process-proof.ts';
import type { ProofId } from './proof.ts';
import { reissueProof } from './proof-table.ts';

/**
 * Another takes the place of this proof of a process, which ends at a time, if it would not end sooner. What is known of a proof by
 * its id stays so until it goes: so it gets another id. Undefined when it went meanwhile.
 */
export async function retireProcessProof(
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
