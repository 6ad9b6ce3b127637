/**
 * A house with 802.1X: a switch that asks, devices with certificates, and EAP behind the real RADIUS door or without it. Its clock
 * stands at the machine's own time, since programs of others look at certificates with theirs.
 */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { createApproving } from '../../server/doors/radius/approving.ts';
import { createEap, type EapDeps } from '../../server/doors/radius/eap/eap.ts';
import type { RunningEapServer } from '../../server/doors/radius/eap/eap-server.ts';
import type { EapRound } from '../../server/doors/radius/eap-seam.ts';
import { createPeople } from '../../server/doors/radius/people.ts';
import { radiusConfig } from '../../server/doors/radius/radius-config.ts';
import { createRadiusDoor } from '../../server/doors/radius/radius-door.ts';
import { createTunnels } from '../../server/doors/radius/tunnels.ts';
import type { NetworkClient } from '../../server/gate/network/network-words.ts';
import type { Later } from '../../server/kernel/later.ts';
import { checkedNetworks } from '../../server/kernel/networks.ts';
import { systemRandom } from '../../server/kernel/random.ts';
import { pemOf } from '../../server/wire/der/pem.ts';
import { CODE } from '../../server/wire/radius/packet.ts';
import {
  createSupplicant,
  type Supplicant,
  type SupplicantWish,
} from '../support/eap-supplicant.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { addClient, addDevice, networkArrival } from '../support/network.ts';
import { shortLater } from '../support/short-later.ts';

export interface Certified {
  readonly name: string;
  readonly serial: string;
  readonly id: string;
  /** PEM, as a supplicant is given them: its own certificate and the issuing CA's. */
  readonly cert: string;
  readonly key: string;
}

export interface EapHouse {
  readonly test: TestHouse;
  readonly client: NetworkClient;
  readonly eap: RunningEapServer;
  /** PEM of the root. */
  readonly root: string;
  /** Runs what was left for later. */
  runLater(): void;
  /** With a certificate that is good for so many milliseconds. */
  device(name: string, lifetime?: number): Promise<Certified>;
  revoke(certified: Pick<Certified, 'serial'>): Promise<void>;
  round(eap: Uint8Array, more?: Partial<EapRound>): EapRound;
  /** A whole conversation. */
  meet(wish: SupplicantWish, more?: Partial<EapRound>): Promise<Met>;
  /** The RADIUS door before it, on ports that are free. */
  openDoor(
    host?: string,
    dynamicAuthorization?: { readonly change: readonly string[] },
  ): Promise<{
    readonly port: number;
    readonly accountingPort: number;
    close(): Promise<void>;
  }>;
  close(): Promise<void>;
}

export interface Met {
  readonly state: 'accept' | 'reject';
  readonly keys: { readonly recv: Uint8Array; readonly send: Uint8Array } | undefined;
  readonly supplicant: Supplicant;
  readonly rounds: number;
  readonly longest: number;
}

const BY = { door: 'cli' } as const;

const NO_PACKET = {
  code: CODE.accessRequest,
  identifier: 0,
  authenticator: new Uint8Array(16),
  bytes: new Uint8Array(0),
};

/** What waits looks often. */
const soon = shortLater((milliseconds) => Math.min(milliseconds, 20));

export async function openEapHouse(
  change: Partial<Pick<EapDeps, 'limits' | 'methods'>> = {},
  address = '127.0.0.1',
  settings: Parameters<typeof openTestHouse>[0] = {},
): Promise<EapHouse> {
  const test = await openTestHouse(settings);
  test.clock.advance(Date.now() - test.clock.now());
  const client = await addClient(test, 'hall', address, 'radius');
  return eapIn(test, client, change);
}

/** The same in a house that is there already, with its network device. */
export async function eapIn(
  test: TestHouse,
  client: NetworkClient,
  change: Partial<Pick<EapDeps, 'limits' | 'methods'>> = {},
  approve: Record<string, unknown> = {},
): Promise<EapHouse> {
  const { house, clock } = test;
  const chain = await house.authority.chain();
  const root = pemOf(chain.at(-1)!); // The root is the last.
  let waiting: (() => void)[] = [];
  const later: Later = (_milliseconds, work) => {
    waiting.push(work);
    return () => {
      waiting = waiting.filter((one) => one !== work);
    };
  };
  const { network } = house.gate;
  const credentials = () => house.authority.serverCredentials('radius-server');
  // Made now, while the house's clock is the machine's.
  await credentials();
  const faults: unknown[] = [];
  const report = (fault: unknown) => void faults.push(fault);
  const random = systemRandom();
  const eap = createEap({
    network,
    credentials,
    authorities: house.authority.chain,
    clock,
    random,
    later,
    report,
    methods: ['tls', 'ttls'],
    ...change,
  });

  const approving = createApproving(
    { network, clock, later: soon, origin: () => 'https://id.example.com' },
    radiusConfig.parse({ approve }).approve,
  );
  const tunnels = createTunnels({
    people: createPeople({ network, clock, approving, answerTime: 60_000 }),
    showsInTunnel: approving.showsInTunnel,
    report,
  });

  const round = (packet: Uint8Array, more: Partial<EapRound> = {}): EapRound => ({
    eap: packet,
    client,
    arrival: networkArrival(test, more.client ?? client),
    userName: '',
    service: 'wired',
    station: undefined,
    most: 1020,
    people: tunnels({
      packet: { ...NO_PACKET, attributes: [] },
      client,
      address: '127.0.0.1',
      arrival: networkArrival(test, more.client ?? client),
      service: 'wired',
      serviceType: undefined,
      station: undefined,
      wanted: () => true,
      asksOnce: false,
    }),
    ...more,
  });

  return {
    test,
    client,
    eap,
    root,
    round,
    runLater() {
      const now = waiting;
      waiting = [];
      for (const work of now) work();
    },
    async device(name, lifetime) {
      const { id } = await addDevice(test, name, { kind: 'rtu' });
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const subject = { kind: 'device', id, name } as const;
      const issued = await house.store.write((tx) =>
        house.authority.issue(tx, { profile: 'device', publicKey, subject, lifetime }, BY),
      );
      assert.ok(issued.ok, JSON.stringify(issued));
      const { certificate, chain, serial } = issued.value;
      return {
        name,
        serial,
        id,
        cert: [certificate, ...chain].map(pemOf).join(''),
        key: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
      };
    },
    async revoke({ serial }) {
      const revoked = await house.store.write((tx) =>
        house.authority.revoke(tx, serial, 'key-compromise', BY),
      );
      assert.ok(revoked.ok, JSON.stringify(revoked));
    },
    async meet(wish, more) {
      const supplicant = createSupplicant(wish);
      const first = Buffer.from(
        `0200${(5 + wish.identity.length).toString(16).padStart(4, '0')}01`,
        'hex',
      );
      let answer = await eap.begin(round(Buffer.concat([first, Buffer.from(wish.identity)]), more));
      let longest = 0;
      for (let rounds = 1; rounds < 100; rounds++) {
        assert.notEqual(answer.state, 'ignore');
        if (answer.state === 'ignore') break;
        longest = Math.max(longest, answer.eap.length);
        const said = await supplicant.answer(answer.eap);
        if (answer.state !== 'challenge') {
          assert.deepEqual(faults, []);
          const keys = answer.state === 'accept' ? answer.keys : undefined;
          return { state: answer.state, keys, supplicant, rounds, longest };
        }
        assert.ok(said !== undefined, 'a supplicant has an answer to each question');
        answer = await eap.continue(answer.conversation, round(said, more));
      }
      throw new Error('it never ended');
    },
    async openDoor(host = '127.0.0.1', dynamicAuthorization = { change: [] }) {
      const door = createRadiusDoor(
        {
          network,
          eap,
          clock,
          random,
          ids: house.ids,
          later: soon,
          notice: house.notice,
          origin: () => 'https://id.example.com',
          trustedNetwork: checkedNetworks([]),
          credentials,
          report,
        },
        radiusConfig.parse({
          host,
          port: 0,
          accountingPort: 0,
          tls: false,
          approve,
          dynamicAuthorization,
        }),
      );
      await door.start();
      const { authentication, accounting } = door.ports();
      return { port: authentication, accountingPort: accounting, close: () => door.stop() };
    },
    async close() {
      eap.stop();
      await test.close();
    },
  };
}

/** What a supplicant with the certificate of one of them, or with none, speaks TLS with. */
export function tlsFor(
  { root }: Pick<EapHouse, 'root'>,
  who: Pick<Certified, 'cert' | 'key'> | undefined,
  version: 'TLSv1.2' | 'TLSv1.3',
  more: object = {},
) {
  const own = who === undefined ? {} : { cert: who.cert, key: who.key };
  return { ca: root, ...own, minVersion: version, maxVersion: version, ...more };
}
