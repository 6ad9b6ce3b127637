/**
 * Shared secrets that take one another's place at network devices (RFC 2865 §3, RFC 8907 §4.5): both are taken while the overlap lasts,
 * answers go out with the one that was used, the record tells which, and afterwards the old one opens nothing.
 */
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { HOUR, MINUTE } from '../../server/kernel/clock.ts';
import type { DeviceId } from '../../server/kernel/id.ts';
import { type Attribute, attribute, CODE, TYPE } from '../../server/wire/radius/packet.ts';
import { giveProof } from '../support/devices.ts';
import { count, events, eventsOf, onRecord, type TestEvent } from '../support/events.ts';
import type { TestHouse } from '../support/house.ts';
import type { TestPerson } from '../support/people.ts';
import { openRadiusClient, type RadiusClient } from '../support/radius-client.ts';
import { openRadiusHouse, type RadiusHouse } from '../support/radius-house.ts';
import { openTacacsHouse, type TacacsHouse } from '../support/tacacs-house.ts';

const UNHEARD = 'network.client-refused';
const OVERLAP = 24 * HOUR;

async function rotate(
  test: TestHouse,
  name: string,
  kind: 'radius' | 'tacacs',
  overlap?: number,
): Promise<string> {
  const given = await giveProof(test, name, {
    kind,
    name: 'shared secret',
    ...(overlap === undefined ? {} : { overlapUntil: test.clock.now() + overlap }),
  });
  assert.ok(given.ok, JSON.stringify(given));
  return given.value.secret ?? '';
}

const used = (left: readonly TestEvent[]) =>
  left.filter(({ type }) => type === 'device.secret-used').map(({ data }) => data.which);

const proofsOf = async ({ house }: TestHouse, device: DeviceId) =>
  (await house.store.read((q) => house.deviceProofs.list(q, device))).map((proof) => ({
    old: 'replacedBy' in proof.detail,
    used: proof.lastUsedAt,
  }));

describe('a secret for RADIUS that is replaced', () => {
  let house: RadiusHouse;
  let port: number;
  let old: RadiusClient;
  let fresh: RadiusClient;
  const open: RadiusClient[] = [];
  const clientWith = async (secret: string | Uint8Array) => {
    const client = await openRadiusClient(Buffer.from(secret));
    open.push(client);
    return client;
  };
  beforeEach(async () => {
    house = await openRadiusHouse({ tls: false });
    port = house.door.ports().authentication;
    old = await clientWith(house.secret);
    fresh = await clientWith(await rotate(house.test, 'hall', 'radius', OVERLAP));
  });
  afterEach(async () => {
    for (const client of open.splice(0)) await client.close();
    await house.close();
  });

  async function logsIn(client: RadiusClient): Promise<TestEvent[]> {
    house.test.clock.advance(MINUTE);
    return eventsOf(house.test, async () => {
      // `ask` believes nothing that is not signed with the secret of whoever asked.
      const first = await client.ask(client.pap('ada', house.ada.password), port);
      const state: Attribute = { type: TYPE.state, value: attribute(first, TYPE.state)! }; // Of a challenge.
      const second = client.pap('ada', house.ada.totp.code(), [state]);
      assert.equal((await client.ask(second, port)).code, CODE.accessAccept);
    });
  }
  const isDeaf = async (client: RadiusClient, why = 'wrong-secret') => {
    house.test.clock.advance(MINUTE);
    const before = count(await events(house.test), UNHEARD);
    const left = await eventsOf(house.test, async () => {
      const asked = client.pap('ada', house.ada.password);
      const told = onRecord(house.test, UNHEARD, before + 1);
      assert.equal(await client.exchange(asked, port, told), undefined);
      await told;
    });
    const refused = left.filter(({ type }) => type === UNHEARD);
    assert.deepEqual(
      refused.map(({ data }) => data.why),
      [why],
    );
  };

  it('is taken beside the new one while the overlap lasts, and the record tells which was used', async () => {
    assert.deepEqual(used(await logsIn(old)), ['old']);
    assert.deepEqual(used(await logsIn(old)), [], 'once an hour');
    assert.deepEqual(used(await logsIn(fresh)), ['new']);
    const [before, now] = await proofsOf(house.test, house.client.device);
    assert.deepEqual([before?.old, now?.old], [true, false]);
    assert.ok(now?.used !== undefined && now.used > (before?.used ?? 0));
  });

  it('is refused from the end of the overlap, and on record', async () => {
    await logsIn(old);
    house.test.clock.advance(OVERLAP);
    await isDeaf(old);
    await logsIn(fresh);
    const left = await eventsOf(house.test, () => house.test.house.deviceProofs.tellExpired());
    assert.equal(count(left, 'device.proof-expired'), 1);
    await isDeaf(old);
    assert.deepEqual(used(await logsIn(fresh)), [], 'there is one again');
    assert.equal((await proofsOf(house.test, house.client.device)).length, 1);
  });

  it('is refused at once when it is ended, when another takes its place, and when the device is disabled', async () => {
    const { store, deviceProofs, devices } = house.test.house;
    const [before] = await store.read((q) => deviceProofs.list(q, house.client.device));
    assert.ok(before);
    await logsIn(old);
    await store.write((tx) => deviceProofs.end(tx, before.id, { door: 'cli' }));
    await isDeaf(old);
    await logsIn(fresh);
    // Of three, two are taken.
    const third = await clientWith(await rotate(house.test, 'hall', 'radius', OVERLAP));
    const fourth = await clientWith(await rotate(house.test, 'hall', 'radius', OVERLAP));
    await isDeaf(fresh);
    await logsIn(third);
    await logsIn(fourth);
    // One that was seen by others is replaced without an overlap.
    const fifth = await clientWith(await rotate(house.test, 'hall', 'radius'));
    await isDeaf(fourth);
    await isDeaf(third);
    await logsIn(fifth);
    await store.write((tx) => devices.disable(tx, house.client.device, { door: 'cli' }));
    await isDeaf(fifth, 'unknown');
  });

  it('lasts no longer than a month, and stands beside nothing that is not there', async () => {
    const { clock } = house.test;
    for (const until of [clock.now(), clock.now() + 31 * OVERLAP]) {
      const proof = { kind: 'radius', name: 'x', overlapUntil: until } as const;
      const given = await giveProof(house.test, 'hall', proof);
      assert.equal(given.ok ? '' : given.error.code, 'not-allowed');
    }
    const none = { kind: 'tacacs', name: 'x', overlapUntil: clock.now() + OVERLAP } as const;
    const given = await giveProof(house.test, 'hall', none);
    assert.equal(given.ok ? '' : given.error.code, 'not-allowed');
    await logsIn(old);
    await logsIn(fresh);
  });

  it('opens nothing for guesses at either', async () => {
    const guess = await clientWith('G'.repeat(40));
    await isDeaf(guess);
    await logsIn(fresh);
  });
});

describe('a secret for TACACS+ that is replaced', () => {
  let house: TacacsHouse;
  let ada: TestPerson;
  let secret: string;
  before(async () => {
    house = await openTacacsHouse();
    ada = await house.person('ada');
    secret = await rotate(house.test, 'switch-1', 'tacacs', OVERLAP);
  });
  after(() => house.close());
  beforeEach(() => house.test.clock.advance(MINUTE));

  async function logsIn(key: string): Promise<TestEvent[]> {
    house.test.clock.advance(MINUTE);
    const client = await house.connect({ secret: key });
    const left = await eventsOf(house.test, async () => {
      const replies = await client.logIn({ user: 'ada' }, [ada.password, ada.totp.code()]);
      assert.equal(replies.at(-1)?.status, 1, replies.at(-1)?.message);
    });
    await client.close();
    return left;
  }
  async function isRefused(key: string) {
    const client = await house.connect({ secret: key });
    const left = await eventsOf(house.test, async () => {
      await client.logIn({ user: 'ada' }, [ada.password]).catch(() => {});
      await client.closed;
    });
    const refused = left.filter(({ type }) => type === UNHEARD);
    assert.deepEqual(
      refused.map(({ data }) => data.why),
      ['wrong-secret'],
    );
    assert.equal(count(left, 'login.granted'), 0);
  }

  it('is taken beside the new one while the overlap lasts, and the record tells which was used', async () => {
    assert.deepEqual(used(await logsIn(house.secret)), ['old']);
    assert.deepEqual(used(await logsIn(secret)), ['new']);
    await isRefused('G'.repeat(40));
  });

  it('is refused from the end of the overlap, on connections that stand too', async () => {
    const standing = await house.connect({ secret: house.secret, single: true });
    const replies = await standing.logIn({ user: 'ada' }, [ada.password, ada.totp.code()]);
    assert.equal(replies.at(-1)?.status, 1, replies.at(-1)?.message);
    house.test.clock.advance(OVERLAP);
    const left = await eventsOf(house.test, async () => {
      await standing.logIn({ user: 'ada' }, [ada.password]).catch(() => {});
      await standing.closed;
    });
    assert.equal(count(left, 'login.granted'), 0);
    await isRefused(house.secret);
    assert.equal(count(await logsIn(secret), 'login.granted'), 1);
  });
});
