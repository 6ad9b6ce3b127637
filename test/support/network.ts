/** Network devices for tests: added as an administrator would at the command line, with the secret that they share with us. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject, type KeyPairKeyObjectResult } from 'node:crypto';
import type { DeviceKind } from '@sallyport/contract/devices.ts';
import type { Arrival } from '../../server/gate/arrival.ts';
import type { NetworkClient, NetworkProtocol } from '../../server/gate/network/network-words.ts';
import type { Device } from '../../server/subjects/devices.ts';
import type { TestHouse } from './house.ts';

/** Where network devices are that a test doesn't place. */
export const ADDRESS = '192.0.2.10';

const BY = { door: 'cli' } as const;

export async function addDevice(
  { house }: Pick<TestHouse, 'house'>,
  name: string,
  more: Partial<{
    kind: DeviceKind;
    addresses: readonly string[];
    groups: readonly string[];
    zone: string;
    mac: string;
  }> = {},
): Promise<Device> {
  const added = await house.store.write((tx) =>
    house.devices.add(
      tx,
      {
        name,
        kind: 'switch',
        owner: undefined,
        groups: [],
        zone: '',
        serial: undefined,
        mac: undefined,
        addresses: [],
        purpose: '',
        ...more,
      },
      BY,
    ),
  );
  assert.ok(added.ok, JSON.stringify(added));
  return added.value;
}

export async function giveSecret(
  { house }: Pick<TestHouse, 'house'>,
  device: Device,
  kind: NetworkProtocol,
): Promise<string> {
  const added = await house.store.write((tx) =>
    house.deviceProofs.add(tx, device, { kind, name: 'shared secret' }, BY),
  );
  assert.ok(added.ok && added.value.secret !== undefined);
  return added.value.secret;
}

/** A network device with a secret, as the doors find it. */
export async function addClient(
  test: TestHouse,
  name: string,
  address = ADDRESS,
  protocol: NetworkProtocol = 'radius',
  more: Parameters<typeof addDevice>[2] = {},
): Promise<NetworkClient> {
  const device = await addDevice(test, name, { addresses: [address], ...more });
  await giveSecret(test, device, protocol);
  const client = await test.house.gate.network.client(protocol, address);
  assert.equal(client?.device, device.id);
  return client;
}

/** How a door of the network tells the gate who came. */
export function networkArrival(
  test: TestHouse,
  client: NetworkClient,
  change: Partial<Arrival> = {},
): Arrival {
  return test.arrival({
    door: 'radius',
    channel: client.device,
    network: client.device,
    address: ADDRESS,
    origin: undefined,
    userAgent: undefined,
    carries: ['password', 'totp', 'upstream', 'recovery'],
    ...change,
  });
}

/** A certificate of our own for a device. */
export async function certify(
  { house }: Pick<TestHouse, 'house'>,
  device: Pick<Device, 'id' | 'name'>,
  { publicKey, privateKey }: KeyPairKeyObjectResult = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
  }),
): Promise<{ chain: readonly Uint8Array[]; key: KeyObject; serial: string }> {
  await house.authority.chain();
  const { id, name } = device;
  const issued = await house.store.write((tx) =>
    house.authority.issue(
      tx,
      { profile: 'device', publicKey, subject: { kind: 'device', id, name } },
      BY,
    ),
  );
  assert.ok(issued.ok, JSON.stringify(issued));
  const { certificate, chain, serial } = issued.value;
  return { chain: [certificate, ...chain], key: privateKey, serial };
}
