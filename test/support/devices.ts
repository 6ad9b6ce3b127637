/** Devices for tests, and the keys with which they sign. */
import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { type SignedPosture, signReport } from '../../server/main/posture/sign-report.ts';
import { writeOrUndo } from '../../server/store/undo.ts';
import type { NewDeviceProof } from '../../server/subjects/device-proofs.ts';
import type { Device, NewDevice } from '../../server/subjects/devices.ts';
import type { TestHouse } from './house.ts';
import { SITE } from './settings.ts';

type Some = Pick<TestHouse, 'house' | 'clock'>;

export const BY = { door: 'cli' } as const;

export async function addDevice(
  { house }: Pick<TestHouse, 'house'>,
  name: string,
  more: Partial<NewDevice> = {},
): Promise<Device> {
  const blank: NewDevice = {
    name,
    kind: 'workstation',
    owner: undefined,
    groups: [],
    zone: '',
    serial: undefined,
    mac: undefined,
    addresses: [],
    purpose: 'A test.',
  };
  const added = await writeOrUndo(house.store, (tx) =>
    house.devices.add(tx, { ...blank, ...more }, BY),
  );
  assert.ok(added.ok, JSON.stringify(added));
  return added.value;
}

export async function giveProof(
  { house }: Pick<TestHouse, 'house'>,
  name: string,
  proof: NewDeviceProof,
) {
  return writeOrUndo(house.store, async (tx) => {
    const device = await house.devices.byName(tx, name);
    assert.ok(device);
    return house.deviceProofs.add(tx, device, proof, BY);
  });
}

export interface DeviceKey {
  readonly privateKey: KeyObject;
  readonly pem: string;
  readonly thumbprint: string;
}

export function makeDeviceKey(kind: 'ed25519' | 'P-256' = 'ed25519'): DeviceKey {
  const { publicKey, privateKey } =
    kind === 'ed25519'
      ? generateKeyPairSync('ed25519')
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  return {
    privateKey,
    pem: publicKey.export({ type: 'spki', format: 'pem' }) as string, // PEM is text.
    thumbprint: createHash('sha256').update(spki).digest('base64url'),
  };
}

export const GOOD_POSTURE = {
  diskEncrypted: 'yes',
  screenLock: 'yes',
  secureBoot: 'yes',
  system: 'Debian GNU/Linux 13',
} as const;

/** A report as the agent makes it, now, for the house of these tests. */
export function postureBy(
  { clock }: Pick<Some, 'clock'>,
  { privateKey }: Pick<DeviceKey, 'privateKey'>,
  posture: Parameters<typeof signReport>[0] = GOOD_POSTURE,
  audience: string = SITE,
): SignedPosture {
  const how = { audience, now: clock.now(), key: privateKey, certificate: undefined };
  return signReport(posture, how);
}
