import type { BenchHouse } from './bench-house.ts';

/** Passwords are right without a hash, which would be all that is measured; everything else is the gate's own. Gives what ends that. */
export function withoutHashes({ house }: BenchHouse): () => void {
  const { password } = house.proofs;
  const { verify } = password;
  const right: typeof verify = async (_q, held) => {
    const mine = held.find(({ kind }) => kind === 'password');
    if (mine === undefined) return { sound: false, reason: 'not-held' };
    const { id: proof } = mine;
    return { sound: true, proof, class: password.describe(), spend: async () => true, notes: [] };
  };
  Object.assign(password, { verify: right });
  return () => void Object.assign(password, { verify });
}
