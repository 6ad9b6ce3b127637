/**
 * A network device's door under attack: the honest network device, what it says of itself when all is done rightly, and what stands
 * on record of a packet that is not heard.
 */
import assert from 'node:assert/strict';
import { type Attribute, CODE } from '../../server/wire/radius/packet.ts';
import { cameFrom, count, events, eventsOf, onRecord, type TestEvent } from './events.ts';
import { openRadiusClient, type RadiusClient, stateOf } from './radius-client.ts';
import { HERE, openRadiusHouse, type RadiusHouse } from './radius-house.ts';

const UNHEARD = 'network.client-refused';
export const REFUSED = `${UNHEARD} refused radius`;

export interface AttackedRadius {
  readonly house: RadiusHouse;
  readonly device: RadiusClient;
  readonly port: number;
  /** Ada's password, from a network device. */
  login(more?: readonly Attribute[], by?: RadiusClient): Uint8Array;
  /** The same done rightly: both proofs, at this network device, and what is on record of it. */
  logsIn(
    more?: readonly Attribute[],
    by?: RadiusClient,
    at?: { readonly device: string },
  ): Promise<void>;
  /** A packet that is not heard: what stands on record of it. */
  unheard(bytes: Uint8Array, by?: RadiusClient, at?: number): Promise<readonly unknown[]>;
  /** Who was refused, why, at which door, and from where they came. */
  told(event: TestEvent): Promise<readonly unknown[]>;
  /** The same of the honest network device. */
  ofHall(why: string): readonly unknown[];
  aMinuteLater(): void;
  close(): Promise<void>;
}

export async function openAttackedRadius(): Promise<AttackedRadius> {
  const house = await openRadiusHouse({ tls: false });
  const device = await openRadiusClient(house.secret);
  const port = house.door.ports().authentication;
  const aMinuteLater = () => house.test.clock.advance(60_000);
  const login: AttackedRadius['login'] = (more = [], by = device) =>
    by.pap('ada', house.ada.password, more);

  async function told(event: TestEvent) {
    const { type, outcome, door, subject, data } = event;
    const from = await cameFrom(house.test, event);
    return [`${type} ${outcome} ${door}`, data.why, subject, data.client, from];
  }

  return {
    house,
    device,
    port,
    login,
    async logsIn(more = [], by = device, at = house.client) {
      aMinuteLater();
      const left = await eventsOf(house.test, async () => {
        const first = await by.ask(login(more, by), port);
        assert.equal(first.code, CODE.accessChallenge);
        const code = by.pap('ada', house.ada.totp.code(), [stateOf(first), ...more]);
        assert.equal((await by.ask(code, port)).code, CODE.accessAccept);
      });
      const granted = left.filter(({ type }) => type === 'login.granted');
      assert.deepEqual(
        granted.map(({ subject, door, data }) => [subject, door, data.client]),
        [[house.ada.id, 'radius', at.device]],
      );
      assert.ok(left.every(({ outcome }) => outcome !== 'refused'));
    },
    async unheard(bytes, by = device, at = port) {
      // Of what is alike, one a minute is told.
      aMinuteLater();
      const before = count(await events(house.test), UNHEARD);
      const left = await eventsOf(house.test, async () => {
        const told = onRecord(house.test, UNHEARD, before + 1);
        assert.equal(await by.exchange(bytes, at, told), undefined);
        await told;
      });
      return Promise.all(left.map(told));
    },
    told,
    ofHall: (why) => [REFUSED, why, house.client.device, 'hall', HERE],
    aMinuteLater,
    async close() {
      await device.close();
      await house.close();
    },
  };
}
