/** A served house with a network device, and people who finish their log-ins there with a passkey in the browser. */
import assert from 'node:assert/strict';
import type { Role } from '@sallyport/contract/people.ts';
import { radiusConfig } from '../../server/doors/radius/radius-config.ts';
import { createRadiusDoor, type RadiusDoor } from '../../server/doors/radius/radius-door.ts';
import type { Arrival } from '../../server/gate/arrival.ts';
import type { Collected, NetworkClient } from '../../server/gate/network/network-words.ts';
import { addClient, networkArrival } from './network.ts';
import { PASSWORD } from './people.ts';
import { openRadiusClient, type RadiusClient } from './radius-client.ts';
import { openServedHouse, type ServedHouse, type ServedOptions } from './served-house.ts';
import { type PasskeyPerson, passkeyPerson, passkeySignIn } from './served-people.ts';
import { shortLater } from './short-later.ts';
import { until } from './until.ts';

const HERE = '127.0.0.1';
const BY = { door: 'cli' } as const;

export interface ApprovalHouse extends ServedHouse {
  readonly client: NetworkClient;
  /** How whoever stands at the network device comes. */
  at(client?: NetworkClient, change?: Partial<Arrival>): Arrival;
  /** Password typed at the network device: the attempt that waits for more. */
  begin(who: string, client?: NetworkClient): Promise<string>;
  hold(token: string, numbered?: boolean, client?: NetworkClient): HeldNow;
  collect(token: string, client?: NetworkClient): Promise<Collected>;
  /** A session whose passkey was shown just now. */
  signedIn(who: PasskeyPerson): Promise<string>;
  /** What waits for whoever has the session. */
  waiting(session: string): Promise<readonly string[]>;
  /** As soon as a log-in of theirs waits: a session in which they answer, and which log-in it is. */
  onceWaiting(who: PasskeyPerson): Promise<{ readonly session: string; readonly id: string }>;
  /** As soon as none waits any more. */
  onceGone(session: string): Promise<void>;
  answer(session: string, id: string, number?: number): Promise<string>;
  operator(name: string, roles?: readonly Role[]): Promise<PasskeyPerson>;
}

type HeldNow = ReturnType<ServedHouse['house']['gate']['network']['hold']>;

export async function openApprovalHouse(options: ServedOptions = {}): Promise<ApprovalHouse> {
  return approvalsIn(await openServedHouse(options));
}

/** The same in a house that is there already. */
export async function approvalsIn<H extends ServedHouse>(served: H): Promise<H & ApprovalHouse> {
  const { house } = served;
  const { network } = house.gate;
  const hall = await addClient(served, 'hall', HERE, 'radius', { kind: 'switch' });
  const at = (client = hall, change: Partial<Arrival> = {}) =>
    networkArrival(served, client, {
      address: HERE,
      elsewhere: ['webauthn', 'card'],
      ...change,
    });
  async function signedIn(who: PasskeyPerson): Promise<string> {
    served.clock.advance(1000);
    return (await passkeySignIn(served, who)).session.token;
  }
  async function waiting(session: string): Promise<readonly string[]> {
    const list = await house.ownLogIns.list(session, served.arrival());
    assert.equal(list.state, 'done', JSON.stringify(list));
    return list.state === 'done' ? list.value.map(({ id }) => id) : [];
  }
  return {
    ...served,
    client: hall,
    at,
    async begin(who, client = hall) {
      const asked = { identifier: who, client, service: 'admin' };
      const offer = { kind: 'password', data: { password: PASSWORD } } as const;
      const outcome = await network.logIn(asked, at(client), offer);
      assert.equal(outcome.state, 'challenged', JSON.stringify(outcome));
      return outcome.state === 'challenged' ? outcome.attempt.token : '';
    },
    hold: (token, numbered = true, client = hall) =>
      network.hold(token, { numbered, lifetime: 120_000, station: '203.0.113.7' }, at(client)),
    collect: (token, client = hall) => network.collect(token, at(client)),
    signedIn,
    waiting,
    async onceWaiting(who) {
      const session = await signedIn(who);
      const id = await until('a log-in waits', async () => (await waiting(session))[0]);
      return { session, id };
    },
    async onceGone(session) {
      await until('no log-in waits', async () => (await waiting(session)).length === 0);
    },
    async answer(session, id, number) {
      const answered = await house.ownLogIns.answer(session, id, number, served.arrival());
      switch (answered.state) {
        case 'done':
          return answered.value;
        case 'failed':
          return answered.error.code;
        default:
          return answered.state;
      }
    },
    async operator(name, roles = []) {
      const person = await passkeyPerson(served, name, roles);
      const changed = await house.store.write((tx) =>
        house.people.change(tx, person.id, { groups: ['network-operators'] }, BY),
      );
      assert.ok(changed.ok, JSON.stringify(changed));
      return person;
    },
  };
}

export interface RadiusAt {
  readonly door: RadiusDoor;
  readonly device: RadiusClient;
  close(): Promise<void>;
}

/** The RADIUS door of such a house, and its network device. What waits looks often, and by the house's own clock is over. */
export async function openRadiusAt(
  house: ApprovalHouse,
  config: Record<string, unknown> = {},
): Promise<RadiusAt> {
  const door = createRadiusDoor(
    {
      ...house.house,
      network: house.house.gate.network,
      eap: undefined,
      later: shortLater((milliseconds) => Math.min(milliseconds, 20)),
      notice: () => {},
      trustedNetwork: () => false,
      origin: () => house.origin,
      credentials: async () => ({ cert: '', key: '' }),
    },
    radiusConfig.parse({ host: HERE, port: 0, accountingPort: 0, tls: false, ...config }),
  );
  await door.start();
  const device = await openRadiusClient(house.client.secret ?? new Uint8Array());
  return {
    door,
    device,
    async close() {
      await device.close();
      await door.stop();
    },
  };
}
