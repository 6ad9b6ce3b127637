/**
 * Whoever has many networks (a /48 of IPv6 is 65,536 of those that are counted) and would be told of by each: what strangers can write to
 * the record in a minute has a bound of all networks together (CWE-400, T1499), and whom we know is told of still.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  addDevice,
  GOOD_POSTURE,
  giveProof,
  makeDeviceKey,
  postureBy,
} from '../support/devices.ts';
import { count, eventsOf } from '../support/events.ts';
import { CALLBACK, type OidcHouse, openOidcHouse } from '../support/oidc-house.ts';
import { AUDIENCE, addApi, addProcess, addProof } from '../support/processes.ts';

const MOST = 60;

describe('somebody with many networks', () => {
  let house: OidcHouse;
  before(async () => {
    house = await openOidcHouse({ listener: { trustedProxies: ['127.0.0.1/32', '::1/128'] } });
  });
  after(() => house.close());

  let networks = 0;
  const elsewhere = () => ({ 'x-forwarded-for': `2001:db8:${(networks++).toString(16)}::1` });

  /** So often, each time from another network; and then the minute is over. */
  async function floodedBy(knock: (headers: Record<string, string>) => Promise<unknown>) {
    house.clock.advance(60_000);
    return eventsOf(house, async () => {
      for (let i = 0; i < 3 * MOST; i++) await knock(elsewhere());
    });
  }

  it('fills no record with reports of devices that nobody knows', async () => {
    const key = makeDeviceKey('ed25519');
    const report = postureBy(house, key, GOOD_POSTURE);
    const send = (headers: Record<string, string>, body = report) =>
      house.api('reportPosture', { body, headers });
    const seen = await floodedBy(async (headers) => {
      assert.equal((await send(headers)).status, 403);
    });
    assert.equal(count(seen, 'device.posture-refused', 'refused'), MOST);
  });

  it('fills none with requests in the name of an application', async () => {
    const app = await house.addApp('notes');
    const body = new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: app.id,
      code: 'made-up',
      redirect_uri: CALLBACK,
      code_verifier: 'x'.repeat(43),
    }).toString();
    const seen = await floodedBy(async (headers) => {
      const type = { 'content-type': 'application/x-www-form-urlencoded' };
      const answer = await house.send({
        method: 'POST',
        path: '/oidc/token',
        headers: { ...headers, ...type },
        body,
      });
      assert.equal(answer.json.error, 'invalid_grant');
    });
    assert.equal(count(seen, 'app.refused', 'refused'), MOST);
  });

  it('fills none in the name of programs that nobody knows, and one that is known comes in', async () => {
    const api = await addApi(house);
    const process = await addProcess(house, 'known', [{ resource: api.id, scopes: ['read'] }]);
    const { shownOnce = [] } = await addProof(house, process, 'secret', undefined);
    const ask = (as: string, secret: string, headers: Record<string, string>) =>
      house.send({
        method: 'POST',
        path: '/oidc/token',
        headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({
          grant_type: 'client_credentials',
          ...{ client_id: as, client_secret: secret, resource: AUDIENCE, scope: 'read' },
        }).toString(),
      });
    const wrong = `spx_${'A'.repeat(43)}`;
    const seen = await floodedBy(async (headers) => {
      assert.equal((await ask(`nobody-${headers['x-forwarded-for']}`, wrong, headers)).status, 401);
    });
    assert.equal(count(seen, 'entry.refused', 'refused'), MOST);
    const heard = await eventsOf(house, async () => {
      assert.equal((await ask('known', wrong, elsewhere())).status, 401);
      assert.equal((await ask('known', shownOnce[0] ?? '', elsewhere())).status, 200);
    });
    assert.equal(heard.find(({ type }) => type === 'entry.refused')?.subject, process.id);
    assert.equal(count(heard, 'entry.granted', 'granted'), 1);

    const { store, processes } = house.house;
    await store.write((tx) => processes.disable(tx, process.id, { door: 'cli' }));
    const covered = await floodedBy(async (headers) => {
      const noise = await ask(`nobody-${headers['x-forwarded-for']}`, wrong, headers);
      assert.equal(noise.status, 401);
    });
    assert.equal(count(covered, 'entry.refused', 'refused'), MOST);
    const shutOut = await eventsOf(house, async () => {
      for (let i = 0; i < MOST; i++) {
        assert.equal((await ask('known', shownOnce[0] ?? '', elsewhere())).status, 401);
      }
    });
    const reasons = shutOut
      .filter(({ type }) => type === 'entry.refused')
      .map(({ reason }) => reason);
    assert.deepEqual(reasons, Array(10).fill('disabled'), 'whoever makes noise hides nothing');
  });

  it('fills none with tokens that are none', async () => {
    const seen = await floodedBy((headers) =>
      house.house.gate.refusedToken(
        undefined,
        house.arrival({ network: headers['x-forwarded-for'] ?? '' }),
      ),
    );
    assert.equal(count(seen, 'entry.refused', 'refused'), MOST);
  });

  it('is told of by each where a device is known that it wrongs, and that device is heard', async () => {
    const key = makeDeviceKey('ed25519');
    await addDevice(house, 'core-1');
    await giveProof(house, 'core-1', { kind: 'key', name: 'k', publicKey: key.pem });
    const { origin } = house;
    const first = postureBy(house, key, GOOD_POSTURE, origin);
    assert.equal((await house.api('reportPosture', { body: first })).status, 204);
    const seen = await floodedBy((headers) => house.api('reportPosture', { body: first, headers }));
    assert.equal(count(seen, 'device.posture-refused', 'refused'), 3 * MOST);
    house.clock.advance(2 * 60_000);
    const next = postureBy(house, key, GOOD_POSTURE, origin);
    const heard = await eventsOf(house, async () => {
      assert.equal((await house.api('reportPosture', { body: next })).status, 204);
    });
    assert.equal(count(heard, 'device.posture-refused', 'refused'), 0);
  });
});
