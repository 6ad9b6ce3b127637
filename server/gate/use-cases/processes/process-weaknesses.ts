import { type Weakness, weaknessCodes } from '@sallyport/contract/processes.ts';
import type { HeldProcessProof } from '../../../proofs/process-proof.ts';
import type { Process } from '../../../subjects/process.ts';
import type { ProcessConfig } from '../../../subjects/process-config.ts';

/**
 * What is weak about a process, worst first. What is disabled can't come in, so its proofs are no weakness. `attested` is whether
 * programs are known as it by what their kernel says of them: that is a proof, and stands in no row here.
 */
export function weaknessesOf(
  process: Pick<Process, 'orphaned' | 'status'>,
  proofs: readonly (Pick<
    HeldProcessProof,
    'kind' | 'createdAt' | 'lastUsedAt' | 'notBefore' | 'expiresAt' | 'replaced'
  > & { readonly distrusted: boolean })[],
  { unusedAfter, endsSoon, attested }: ProcessConfig & { readonly attested: boolean },
  now: number,
): readonly Weakness[] {
  const found = new Set<Weakness>();
  if (process.orphaned) found.add('orphaned');
  if (process.status === 'active') {
    const ended = proofs.filter(({ expiresAt }) => expiresAt !== null && expiresAt <= now);
    const good = proofs.filter((proof) => !ended.includes(proof) && !proof.distrusted);
    if (good.length === 0 && !attested) found.add('no-proof');
    if (good.some(({ kind }) => kind === 'secret')) found.add('secret');
    if (proofs.some(({ distrusted }) => distrusted)) found.add('distrusted');
    if (ended.some(({ replaced }) => !replaced)) found.add('ended');
    for (const { expiresAt, lastUsedAt, createdAt, notBefore, replaced } of good) {
      // What was replaced is to end.
      if (!replaced && expiresAt !== null && expiresAt <= now + endsSoon) found.add('ends-soon');
      const since = Math.max(lastUsedAt ?? createdAt, notBefore);
      if (since + unusedAfter <= now) found.add('unused');
    }
  }
  return weaknessCodes.filter((code) => found.has(code));
}
