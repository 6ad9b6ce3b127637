/**
 * A key of a device's TPM for which the maker of that TPM vouches, by the certificates that came with it. Whoever has some TPM of that
 * maker gains nothing: it has to be the one whose serial number the device has here.
 */
import type { JudgeTpmKey, TpmKey } from '../../../authority/x509/tpm-keys.ts';
import type { DeviceId } from '../../../kernel/id.ts';
import { failed, type Result } from '../../../kernel/result.ts';
import type { Queries } from '../../../store/store.ts';
import type { Devices } from '../../../subjects/devices.ts';

/** Or why its word is not taken. */
export type ReadVouchedTpm = (
  q: Queries,
  device: DeviceId,
  /** DER, that of the attestation key first. */
  chain: readonly Uint8Array[],
) => Promise<Result<TpmKey, string>>;

export interface VouchedTpmDeps {
  readonly devices: Pick<Devices, 'get'>;
  readonly authority: { readonly judgeTpmKey: JudgeTpmKey };
}

export function createVouchedTpm({ devices, authority }: VouchedTpmDeps): ReadVouchedTpm {
  return async (q, id, chain) => {
    const device = await devices.get(q, id);
    const found = await authority.judgeTpmKey(q, chain);
    if (!found.ok) {
      return failed(
        `No attestation key is known of this device (make its pass with --tpm-key), and no maker vouches for this one: ${found.error}.`,
      );
    }
    const { serial } = device ?? {};
    return serial !== undefined && found.value.identifiers.includes(serial)
      ? found
      : failed('The TPM is not that of the device: its serial number is another.');
  };
}
