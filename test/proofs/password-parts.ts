/** A password module whose hashes are cheap, and a judge that says what it is told. */
import { createHashingPool } from '../../server/proofs/password/hashing-pool.ts';
import { createPassword, type PasswordDeps } from '../../server/proofs/password/password.ts';
import {
  type PasswordConfig,
  passwordConfig,
} from '../../server/proofs/password/password-config.ts';
import type { ProofDeps, ProofModule } from '../../server/proofs/proof.ts';

/** Weaker than any configuration may ask for: what is tested is not how long a hash takes. */
export const CHEAP = { memory: 64, passes: 1, lanes: 1 };

export function passwordModule(
  deps: ProofDeps,
  config: Partial<PasswordConfig> = {},
  parts: Partial<PasswordDeps> = {},
): ProofModule {
  const limits = { inFlight: 2, queueLength: 64, queueMilliseconds: 5000 };
  return createPassword(
    {
      ...deps,
      pool: createHashingPool(deps.clock, limits),
      judge: { guessesLog10: async () => 20, close: async () => {} },
      filters: [],
      ...parts,
    },
    { ...passwordConfig.parse({}), ...CHEAP, ...config },
  );
}
