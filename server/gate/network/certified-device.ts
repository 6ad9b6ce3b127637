/** Whose a certificate is, of those that prove devices: our own says so, and those of others are held by a device here. */
import type { GoodCertificate } from '../../authority/x509/authority-words.ts';
import { type DeviceId, parseId } from '../../kernel/id.ts';
import type { Queries } from '../../store/store.ts';
import type { DeviceProofs } from '../../subjects/device-proofs.ts';

export async function certifiedDevice(
  q: Queries,
  deviceProofs: Pick<DeviceProofs, 'byCertificate' | 'byNameOf'>,
  certificate: GoodCertificate,
  leaf: Uint8Array | undefined,
): Promise<DeviceId | undefined> {
  const { issuer, profile, subject, trustedFor, subjectName } = certificate;
  if (issuer === 'own') {
    // What a device got to serve, or to give orders to controllers, is not what it comes onto the network with.
    return profile === 'device' && subject?.kind === 'device'
      ? parseId<'device'>(subject.id)
      : undefined;
  }
  // An authority that is trusted for people alone must not be able to make a device.
  if (!trustedFor.includes('device')) return undefined;
  const held =
    (leaf && (await deviceProofs.byCertificate(q, leaf))) ??
    (await deviceProofs.byNameOf(q, issuer, subjectName));
  return held?.device;
}
