import type { Attestation } from '../../gate/use-cases/acme/tpm-attestation.ts';

export function readAttestationObject(_bytes: Uint8Array): Attestation | undefined {
  return undefined;
}
