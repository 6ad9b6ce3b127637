/** Every kind of proof of a process, in one visible table. To add one, see proofs/process-proof.ts. */
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
    issuer,
    withdrawn,
    judge,
  }: {
    readonly fetch: FetchText;
    readonly issuer: () => string;
  } & Pick<CertificateDeps, 'withdrawn' | 'judge'>,
): ProcessProofModules {
  const remoteKeys = createRemoteKeys({ fetchText: fetch, clock: deps.clock });
  return {
    certificate: createCertificate({ ...deps, withdrawn, judge }),
    key: createKey({ ...deps, remoteKeys, issuer }),
    workload: createWorkload({ ...deps, remoteKeys, audience: issuer }),
    secret: createSecret(deps),
  };
}
