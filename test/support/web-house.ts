/** A whole house with its web door open on a free port of this computer. */
import { createWebDoor } from '../../server/doors/web/web-door.ts';
import type { ListenerOptions } from '../../server/http/listener.ts';
import type { HouseSettings } from '../../server/main/house.ts';
import { freePort } from './free-port.ts';
import { openTestHouse, type TestHouse } from './house.ts';
import { startListener, type TestListener } from './http-listener.ts';
import { seededRandom } from './random.ts';

export interface WebHouse {
  readonly test: TestHouse;
  readonly server: TestListener;
  readonly origin: string;
  close(): Promise<void>;
}

export async function openWebHouse(
  change: Partial<HouseSettings> = {},
  tls?: ListenerOptions['tls'],
  cards?: () => string,
): Promise<WebHouse> {
  const port = await freePort();
  const origin = `${tls === undefined ? 'http' : 'https'}://localhost:${port}`;
  const test = await openTestHouse({ site: { rpId: 'localhost', origins: [origin] }, ...change });
  const { house, clock } = test;
  const random = seededRandom('web');
  const server = await startListener(
    (listener) => [
      createWebDoor({
        gate: house.gate,
        portal: house.portal,
        enrolments: house.enrolments,
        activity: house.activity,
        apps: house.apps,
        appRequests: house.appRequests,
        logIns: house.ownLogIns,
        sites: house.sites,
        clock,
        random,
        key: house.vault.derive('web'),
        origin: listener.origin,
        secure: listener.secure,
        trustedNetwork: () => false,
        organisation: 'Northwind Works',
        cards,
      }),
    ],
    { port, tls },
  );
  return {
    test,
    server,
    origin,
    async close() {
      await server.listener.stop();
      await test.close();
    },
  };
}
