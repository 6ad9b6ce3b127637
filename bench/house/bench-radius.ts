/** What benches of RADIUS share: a network device, who logs in there, and the door. */
import { radiusConfig } from '../../server/doors/radius/radius-config.ts';
import { createRadiusDoor } from '../../server/doors/radius/radius-door.ts';
import type { Network, NetworkClient } from '../../server/gate/network/network-words.ts';
import { systemLater } from '../../server/kernel/later.ts';
import { systemRandom } from '../../server/kernel/random.ts';
import type { BenchHouse } from './bench-house.ts';
import { addPeople, type BenchPerson } from './bench-people.ts';

const BY = { door: 'cli' } as const;

export type BenchSwitch = NetworkClient & { readonly text: string };

/** A network device on this computer. */
export async function addSwitch({ house }: BenchHouse): Promise<BenchSwitch> {
  const text = await house.store.write(async (tx) => {
    const fresh = { name: 'hall', kind: 'switch', addresses: ['127.0.0.1'], purpose: '' } as const;
    const none = { owner: undefined, groups: [], zone: '', serial: undefined, mac: undefined };
    const device = await house.devices.add(tx, { ...fresh, ...none }, BY);
    if (!device.ok) throw new Error(`no device: ${device.error.code}`);
    const secret = { kind: 'radius', name: 'secret' } as const;
    const added = await house.deviceProofs.add(tx, device.value, secret, BY);
    if (!added.ok) throw new Error(`no secret: ${added.error.code}`);
    return added.value.secret ?? '';
  });
  const client = await house.gate.network.client('radius', '127.0.0.1');
  if (client === undefined) throw new Error('no client');
  return { ...client, text };
}

export async function operators(
  opened: BenchHouse,
  count: number,
  onAdded: (count: number) => void,
): Promise<BenchPerson[]> {
  const people = await addPeople(opened, 0, count, { onAdded });
  const { store, house } = opened;
  for (let at = 0; at < people.length; at += 500) {
    await store.write(async (tx) => {
      for (const { id } of people.slice(at, at + 500)) {
        await house.people.change(tx, id, { groups: ['network-operators'] }, BY);
      }
    });
  }
  return people;
}

export async function openDoor({ house }: BenchHouse, network: Network) {
  const door = createRadiusDoor(
    {
      ...house,
      network,
      random: systemRandom(),
      eap: undefined,
      later: systemLater(),
      notice: () => {},
      origin: () => 'https://id.example.com',
      trustedNetwork: () => false,
      credentials: async () => ({ cert: '', key: '' }),
      report: (fault) => {
        throw fault;
      },
    },
    radiusConfig.parse({ host: '127.0.0.1', port: 0, accountingPort: 0, tls: false }),
  );
  await door.start();
  return { port: door.ports().authentication, close: () => door.stop() };
}
