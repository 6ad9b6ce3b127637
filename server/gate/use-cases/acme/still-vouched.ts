/**
 * Whether a TPM's word for a key is still worth what it was when it was given, up to an hour before: a TPM that was bound to the device,
 * by its row; another by the certificates that came with it. Whoever ends the trust in its maker, or imports a list of that maker, does
 * so before this is read, or once the transaction is through.
 */
import { holdTrusted } from '../../../authority/x509/standing-table.ts';
import { fromBase64url } from '../../../kernel/bytes.ts';
import type { DeviceId } from '../../../kernel/id.ts';
import { failed, ok, type Result } from '../../../kernel/result.ts';
import type { Tx } from '../../../store/store.ts';
import type { AuthorizationRow } from './acme-table.ts';
import type { ReadBoundTpm } from './bound-tpm.ts';
import type { ReadVouchedTpm } from './vouched-tpm.ts';

/** Or why not. */
export type StillVouched = (
  tx: Tx,
  device: DeviceId,
  parts: readonly Pick<AuthorizationRow, 'tpm' | 'vouched'>[],
) => Promise<Result<void, string>>;

export function createStillVouched({
  boundTpm,
  vouchedTpm,
}: {
  readonly boundTpm: ReadBoundTpm;
  readonly vouchedTpm: ReadVouchedTpm;
}): StillVouched {
  return async (tx, device, parts) => {
    for (const { tpm, vouched } of parts) {
      if (tpm === null && vouched === null) continue;
      tx.put(holdTrusted, {});
      if (tpm !== null) {
        const now = await boundTpm(tx, device);
        if (!now?.ok || now.value.proof !== tpm) {
          return failed('The TPM is not that of the device any more.');
        }
      }
      if (vouched !== null) {
        const judged = await vouchedTpm(tx, device, chainOf(vouched));
        if (!judged.ok) return judged;
      }
    }
    return ok(undefined);
  };
}

/** Written by acme-challenges.ts alone. */
function chainOf(vouched: string): readonly Uint8Array[] {
  return (JSON.parse(vouched) as string[]).map((text) => fromBase64url(text) ?? new Uint8Array(0));
}
