/** A whole house with its RADIUS door on ports of its own, a network device on this computer, and someone who may log in there. */
import { createEap } from '../../server/doors/radius/eap/eap.ts';
import { radiusConfig } from '../../server/doors/radius/radius-config.ts';
import { createRadiusDoor, type RadiusDoor } from '../../server/doors/radius/radius-door.ts';
import type { NetworkClient } from '../../server/gate/network/network-words.ts';
import type { Later } from '../../server/kernel/later.ts';
import type { HouseSettings } from '../../server/main/house.ts';
import { openTestHouse, type TestHouse } from './house.ts';
import { addClient } from './network.ts';
import { enrolledPerson, type TestPerson } from './people.ts';

export const HERE = '127.0.0.1';

export interface RadiusHouse {
  readonly test: TestHouse;
  readonly door: RadiusDoor;
  readonly client: NetworkClient;
  readonly secret: Uint8Array;
  readonly ada: TestPerson;
  /** Runs what was left for later. */
  runLater(): void;
  close(): Promise<void>;
}

export async function openRadiusHouse(
  config: Record<string, unknown> = {},
  device: Parameters<typeof addClient>[4] = {},
  settings: Partial<HouseSettings> = {},
): Promise<RadiusHouse> {
  const test = await openTestHouse(settings);
  // Certificates are shown to programs that know what time it is.
  test.clock.advance(Date.now() - test.clock.now());
  const { house } = test;
  const ada = await operator(test, 'ada');
  const client = await addClient(test, 'hall', HERE, 'radius', device);
  const { authority } = house;
  const { network } = house.gate;
  const credentials = () => authority.serverCredentials('radius-server');
  const eap = createEap({
    ...house,
    network,
    credentials,
    authorities: authority.chain,
    later: () => () => {},
    methods: ['tls', 'ttls'],
  });
  let waiting: (() => void)[] = [];
  const later: Later = (_milliseconds, work) => {
    waiting.push(work);
    return () => {
      waiting = waiting.filter((one) => one !== work);
    };
  };
  const door = createRadiusDoor(
    {
      ...house,
      network,
      eap,
      later,
      notice: () => {},
      trustedNetwork: () => false,
      origin: () => 'https://id.example.com',
      credentials,
    },
    radiusConfig.parse({ host: HERE, port: 0, accountingPort: 0, tlsPort: 0, ...config }),
  );
  await door.start();
  return {
    test,
    door,
    client,
    secret: client.secret ?? new Uint8Array(0),
    ada,
    runLater() {
      for (const work of waiting.splice(0)) work();
    },
    async close() {
      await door.stop();
      eap.stop();
      await test.close();
    },
  };
}

/** Who may log in at network devices, with a password, an authenticator app and recovery codes. */
export async function operator(test: TestHouse, name: string): Promise<TestPerson> {
  const person = await enrolledPerson(test, name);
  const changed = await test.house.store.write((tx) =>
    test.house.people.change(tx, person.id, { groups: ['network-operators'] }, { door: 'cli' }),
  );
  if (!changed.ok) throw new Error(`no operator: ${changed.error.code}`);
  return person;
}
