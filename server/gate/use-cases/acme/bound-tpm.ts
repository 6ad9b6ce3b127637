/** The TPM that a device showed to be its own (devices/tpm-binding.ts), as long as whoever made it is trusted. */
import type { Endorsements } from '../../../authority/x509/endorsements.ts';
import { fromBase64url } from '../../../kernel/bytes.ts';
import type { DeviceId } from '../../../kernel/id.ts';
import { failed, ok, type Result } from '../../../kernel/result.ts';
import type { Queries } from '../../../store/store.ts';
import type { DeviceProofId, DeviceProofs } from '../../../subjects/device-proofs.ts';

export interface BoundTpm {
  readonly proof: DeviceProofId;
  /** SHA-256 over the attestation key, in base64url. */
  readonly attestationKey: string;
}

/** Undefined where it showed none; or why its word is not taken. */
export type ReadBoundTpm = (
  q: Queries,
  device: DeviceId,
) => Promise<Result<BoundTpm, string> | undefined>;

export interface BoundTpmDeps {
  readonly deviceProofs: Pick<DeviceProofs, 'list'>;
  readonly authority: { readonly endorsements: Pick<Endorsements, 'judge'> };
}

export function createBoundTpm({ deviceProofs, authority }: BoundTpmDeps): ReadBoundTpm {
  return async (q, device) => {
    for (const proof of await deviceProofs.list(q, device)) {
      if (proof.kind !== 'tpm') continue;
      const chain = proof.detail.chain.map((text) => fromBase64url(text) ?? new Uint8Array(0));
      const judged = await authority.endorsements.judge(q, chain);
      return judged.ok
        ? ok({ proof: proof.id, attestationKey: proof.detail.attestationKey })
        : failed(`The TPM that is bound to the device is not trusted any more: ${judged.error}.`);
    }
    return undefined;
  };
}
