/** A whole house with the door for TACACS+ open, a switch at this computer that knows its secret, and people who administer it. */
import assert from 'node:assert/strict';
import { tacacsConfig } from '../../server/doors/tacacs/tacacs-config.ts';
import { createTacacsDoor, type TacacsDoorDeps } from '../../server/doors/tacacs/tacacs-door.ts';
import { systemLater } from '../../server/kernel/later.ts';
import type { Device } from '../../server/subjects/devices.ts';
import { openTestHouse, type TestHouse } from './house.ts';
import { addDevice, giveSecret } from './network.ts';
import { enrolledPerson, type TestPerson } from './people.ts';
import { openTacacsClient, type TacacsClientOptions } from './tacacs-client.ts';

export interface TacacsHouse {
  readonly test: TestHouse;
  readonly device: Device;
  readonly secret: string;
  readonly port: number;
  readonly tlsPort: number | undefined;
  readonly faults: unknown[];
  /** Somebody in these groups, with a password and a code. */
  person(name: string, groups?: readonly string[]): Promise<TestPerson>;
  /** The port of another node on the same database, which remembers nothing of this one. */
  beside(): Promise<number>;
  /** Connects as the switch; what is given changes how. */
  connect(change?: Partial<TacacsClientOptions>): ReturnType<typeof openTacacsClient>;
  close(): Promise<void>;
}

export async function openTacacsHouse(
  settings: Parameters<typeof openTestHouse>[0] = {},
  config: Record<string, unknown> = {},
  change: Partial<TacacsDoorDeps> = {},
  beforeStart: (test: TestHouse) => Promise<void> = async () => {},
): Promise<TacacsHouse> {
  const test = await openTestHouse(settings);
  const { house, clock } = test;
  await beforeStart(test);
  const device = await addDevice(test, 'switch-1', {
    addresses: ['127.0.0.1'],
    groups: ['core'],
    zone: 'plant',
  });
  const secret = await giveSecret(test, device, 'tacacs');
  const faults: unknown[] = [];
  const stops: (() => Promise<void>)[] = [];

  async function openDoor({ gate, authority, ids }: TestHouse['house']) {
    const door = createTacacsDoor(
      {
        network: gate.network,
        credentials: () => authority.serverCredentials('server'),
        trustedNetwork: () => false,
        origin: () => 'https://id.example.com',
        clock,
        ids,
        later: systemLater(),
        notice: () => {},
        report: (fault) => faults.push(fault),
        ...change,
      },
      tacacsConfig.parse({ host: '127.0.0.1', port: 0, tlsPort: 0, tls: false, ...config }),
    );
    const said = await door.start();
    stops.push(() => door.stop());
    return (protocol: string) => {
      const line = said.find((one) => one.startsWith(`${protocol} on tcp `));
      return line === undefined ? undefined : Number(line.split(':').at(-1));
    };
  }
  const portOf = await openDoor(house);
  const port = portOf('TACACS+') ?? 0;
  return {
    test,
    device,
    secret,
    port,
    tlsPort: portOf('TACACS+ over TLS'),
    faults,
    async person(name, groups = ['network-operators']) {
      const person = await enrolledPerson(test, name);
      const changed = await house.store.write((tx) =>
        house.people.change(tx, person.id, { groups }, { door: 'cli' }),
      );
      assert.ok(changed.ok);
      return person;
    },
    connect: (change = {}) => openTacacsClient({ port, secret, ...change }),
    async beside() {
      const other = await test.beside();
      return (await openDoor(other.house))('TACACS+') ?? 0;
    },
    async close() {
      for (const stop of stops) await stop();
      await test.close();
    },
  };
}
