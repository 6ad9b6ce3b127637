/** Whose a certificate is, of those that prove devices: our own says so, and those of others are held by a device here. */
import type { GoodCertificate } from '../../authority/x509/authority-words.ts';
import { type DeviceId, parseId } from '../../kernel/id.ts';
import type { Queries } from '../../store/store.ts';
import type { DeviceProofId } from '../../subjects/device-proof.ts';
import type { DeviceProofs } from '../../subjects/device-proofs.ts';

export interface CertifiedDevice {
  readonly device: DeviceId;
  /** By what it is held; nothing but the certificate itself where that is our own. */
  readonly proof: DeviceProofId | undefined;
}

export async function certifiedDevice(
  q: Queries,
  deviceProofs: Pick<DeviceProofs, 'byCertificate' | 'byNameOf'>,
  certificate: GoodCertificate,
  leaf: Uint8Array | undefined,
): Promise<CertifiedDevice | undefined> {
  const { issuer, profile, subject, trustedFor, subjectName } = certificate;
  if (issuer === 'own') {
    // What a device got to serve, or to give orders to controllers, is not what it comes onto the network with.
    const device =
      profile === 'device' && subject?.kind === 'device'
        ? parseId<'device'>(subject.id)
        : undefined;
    return device && { device, proof: undefined };
  }
  // An authority that is trusted for people alone must not be able to make a device.
  if (!trustedFor.includes('device')) return undefined;
  const held =
    (leaf && (await deviceProofs.byCertificate(q, leaf))) ??
    (await deviceProofs.byNameOf(q, issuer, subjectName));
  return held && { device: held.device, proof: held.id };
}
