/** Which proofs a device holds, and whose a proof is that somebody shows: what is in force, of devices that are active. */
import {
  type DeviceExceptionKind,
  type DeviceSecretKind,
  isDeviceException,
} from '@sallyport/contract/devices.ts';
import type { Clock } from '../kernel/clock.ts';
import type { DeviceId } from '../kernel/id.ts';
import type { Queries } from '../store/store.ts';
import type { Vault } from '../vault/vault.ts';
import {
  type DeviceException,
  type DeviceProof,
  type DeviceProofId,
  fingerprintOf,
  lookups,
  readDeviceProof,
} from './device-proof.ts';
import {
  deviceProofById,
  liveProofByLookup,
  lookupHolder,
  proofsOfDevice,
} from './device-proof-table.ts';
import type { Devices } from './devices.ts';

/** A secret that two sides share, unsealed. */
interface SharedSecretHeld {
  readonly id: DeviceProofId;
  readonly secret: Uint8Array;
}

export interface DeviceProofFinding {
  /** All that did not end: expired ones too, so that they are seen. */
  list(q: Queries, device: DeviceId): Promise<DeviceProof[]>;
  /** One that did not end. */
  get(q: Queries, id: DeviceProofId): Promise<DeviceProof | undefined>;
  /** Unsealed; undefined unless the device is active and has one in force. */
  secret(
    q: Queries,
    device: DeviceId,
    kind: DeviceSecretKind,
  ): Promise<SharedSecretHeld | undefined>;
  /** The one whose place that took, while both are taken. */
  secretBefore(
    q: Queries,
    device: DeviceId,
    kind: DeviceSecretKind,
  ): Promise<SharedSecretHeld | undefined>;
  /** The active device that holds this very certificate, from whatever authority. */
  byCertificate(q: Queries, der: Uint8Array): Promise<DeviceProof | undefined>;
  /** The active device that a trusted authority calls so; the chain is to be judged before. */
  byNameOf(q: Queries, authority: string, name: string): Promise<DeviceProof | undefined>;
  /** The active device with that key: SHA-256 of its SubjectPublicKeyInfo, in base64url. */
  byKey(q: Queries, thumbprint: string): Promise<DeviceProof | undefined>;
  /** The exception for a MAC address, in force; the device is active. */
  byMac(q: Queries, mac: string): Promise<DeviceException | undefined>;
  /** Another exception of an active device, in force. */
  exception(
    q: Queries,
    device: DeviceId,
    kind: DeviceExceptionKind,
  ): Promise<DeviceException | undefined>;
  /** The device that had an exception for a MAC address, which is over. */
  lapsedByMac(q: Queries, mac: string): Promise<DeviceId | undefined>;
}

/** Where a secret is sealed. */
export const secretPlace = (row: DeviceProofId) => ({
  table: 'device_proof',
  column: 'sealed',
  row,
});

export const isException = (proof: DeviceProof): proof is DeviceException =>
  isDeviceException(proof.kind);

export function createDeviceProofFinding({
  vault,
  devices,
  clock,
}: {
  readonly vault: Pick<Vault, 'subject'>;
  readonly devices: Pick<Devices, 'get'>;
  readonly clock: Clock;
}): DeviceProofFinding {
  async function unsealed(
    q: Queries,
    device: DeviceId,
    lookup: string,
  ): Promise<SharedSecretHeld | undefined> {
    const row = await q.one(liveProofByLookup, { lookup, now: clock.now() });
    if (row === undefined || row.sealed === null) return undefined;
    const box = await vault.subject(q, device);
    return box && { id: row.id, secret: box.open(secretPlace(row.id), row.sealed) };
  }

  async function live(q: Queries, lookup: string): Promise<DeviceProof | undefined> {
    const row = await q.one(liveProofByLookup, { lookup, now: clock.now() });
    return row && readDeviceProof(row);
  }

  async function liveException(q: Queries, lookup: string): Promise<DeviceException | undefined> {
    const proof = await live(q, lookup);
    return proof !== undefined && isException(proof) ? proof : undefined;
  }

  return {
    async list(q, device) {
      return (await q.all(proofsOfDevice, { device })).map(readDeviceProof);
    },

    async get(q, id) {
      const row = await q.one(deviceProofById, { id });
      return row && readDeviceProof(row);
    },

    secret: (q, device, kind) => unsealed(q, device, lookups.secret(kind, device)),
    secretBefore: (q, device, kind) => unsealed(q, device, lookups.before(kind, device)),

    byCertificate: (q, der) => live(q, lookups.fingerprint(fingerprintOf(der))),
    byNameOf: (q, authority, name) => live(q, lookups.named(authority, name)),
    byKey: (q, thumbprint) => live(q, lookups.key(thumbprint)),
    byMac: (q, mac) => liveException(q, lookups.mac(mac)),

    async exception(q, device, kind) {
      if (kind !== 'mac') return liveException(q, lookups.exception(kind, device));
      const { mac } = (await devices.get(q, device)) ?? {};
      const found = mac === undefined ? undefined : await liveException(q, lookups.mac(mac));
      return found?.device === device ? found : undefined;
    },

    async lapsedByMac(q, mac) {
      const held = await q.one(lookupHolder, { lookup: lookups.mac(mac) });
      const over = held !== undefined && (held.expires_at ?? Infinity) <= clock.now();
      return over ? held.device_id : undefined;
    },
  };
}
