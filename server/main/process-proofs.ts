/** Every kind of proof of a process, in one visible table. To add one, see proofs/process-proof.ts. */
import type { OutOfReach } from '../kernel/out-of-reach.ts';
import { type CertificateDeps, createCertificate } from '../proofs/certificate/certificate.ts';
import { createRemoteKeys, type FetchText } from '../proofs/jwks.ts';
import { createKey } from '../proofs/key/key.ts';
import type { ProcessProofDeps, ProcessProofModules } from '../proofs/process-proof.ts';
import { createSecret } from '../proofs/secret/secret.ts';
import { createWorkload } from '../proofs/workload/workload.ts';

export function createProcessProofs(
  deps: ProcessProofDeps,
  {
    fetch,
    outOfReach,
    issuer,
    vouched,
    judge,
  }: {
    readonly fetch: FetchText;
    readonly outOfReach: OutOfReach;
    readonly issuer: () => string;
  } & Pick<CertificateDeps, 'vouched' | 'judge'>,
): ProcessProofModules {
  const remoteKeys = createRemoteKeys({ fetchText: fetch, clock: deps.clock });
  return {
    certificate: createCertificate({ ...deps, vouched, judge }),
    key: createKey({ ...deps, remoteKeys, outOfReach, issuer }),
    workload: createWorkload({ ...deps, remoteKeys, outOfReach, audience: issuer }),
    secret: createSecret(deps),
  };
}
