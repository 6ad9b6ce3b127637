/** Every administrator with the proofs that they hold: whom new policies must not lock out (policy/lock-out.ts). */
import type { Administrator } from '../../../policy/lock-out.ts';
import { listHeld } from '../../../proofs/held-proofs.ts';
import type { Queries } from '../../../store/store.ts';
import type { People } from '../../../subjects/people.ts';
import type { ProofModules } from '../../gate-deps.ts';
import { principalOf } from '../../policy-request.ts';
import { shownHere } from '../../shown-here.ts';

/** More than any organisation has; the rest could not make a lock-out of what these can do. */
const MOST = 500;

export async function administratorsOf(
  q: Queries,
  { people, proofs }: { readonly people: People; readonly proofs: ProofModules },
): Promise<Administrator[]> {
  const found = await people.list(q, { role: 'administrator', status: 'active', limit: MOST });
  const administrators: Administrator[] = [];
  for (const person of found) {
    const held = await listHeld(q, person.id);
    administrators.push({
      principal: principalOf(person),
      presentable: shownHere(proofs, held).map((proof) => proofs[proof.kind].describe(proof)),
    });
  }
  return administrators;
}
