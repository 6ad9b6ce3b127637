/**
 * Requests of ACME turned against us (RFC 8555 §6): shown again, signed for somewhere else or by somebody else, and more of them than
 * we have nonces for.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { gateConfig } from '../../server/gate/gate-config.ts';
import { type AcmeHouse, openAcmeHouse } from '../support/acme.ts';
import { acmeAccount, isProblem } from '../support/acme-account.ts';
import { acmeClient } from '../support/acme-client.ts';
import { makeCertificate } from '../support/certificates.ts';
import { count, eventsOf } from '../support/events.ts';

it('uses up no more nonces of keys that anyone makes than a network may ask with', async (t) => {
  const gate = gateConfig.parse({ throttles: { opening: { network: 20, all: 1000 } } });
  const house = await openAcmeHouse({}, { gate });
  t.after(() => house.close());
  const device = await house.addDevice('revoking');
  const one = acmeClient(house);
  assert.equal((await one.register((await house.issuePass(device)).eab)).status, 201);
  const certificate = Buffer.from(
    makeCertificate({ subject: { CN: 'x' }, authority: false }).der,
  ).toString('base64url');
  const stranger = acmeClient(house);
  const answers: number[] = [];
  const seen = await eventsOf(house, async () => {
    for (let i = 0; i < 30; i++) {
      answers.push((await stranger.post('revoke-cert', { certificate })).status);
    }
    await house.house.counter.stop();
  });
  assert.equal(answers[0], 404);
  assert.ok(answers.filter((status) => status === 429).length >= 10, answers.join(' '));
  assert.equal(count(seen, 'decision.counted', 'refused'), 1);
  // Who has an account goes on.
  assert.notEqual((await one.post('revoke-cert', { certificate })).status, 429);
});

describe('requests of ACME', () => {
  let house: AcmeHouse;
  before(async () => {
    house = await openAcmeHouse();
  });
  after(() => house.close());

  it('takes a nonce once, takes none of others, and tells a new one', async () => {
    const { one } = await acmeAccount(house, 'nonces');
    const written = await one.write('new-order', {
      identifiers: [{ type: 'dns', value: 'nonces.devices.example' }],
    });
    assert.equal((await one.send(written)).status, 201);
    isProblem(await one.send(written), 'badNonce');
    const all = await one.write(one.account() ?? '');
    const race = await Promise.all([1, 2, 3, 4].map(() => one.send(all)));
    assert.deepEqual(race.map(({ status }) => status).sort(), [200, 400, 400, 400]);
    for (const nonce of ['', 'x', 'AAAA', Buffer.alloc(34).toString('base64url')]) {
      isProblem(await one.post(one.account() ?? '', undefined, { nonce }), 'badNonce');
    }
    const old = await one.write(one.account() ?? '');
    house.clock.advance(2 * 60 * 60 * 1000);
    isProblem(await one.send(old), 'badNonce');
    assert.equal((await one.post(one.account() ?? '')).status, 200);
  });

  it('takes a request only at the address and by the key that it was signed for', async () => {
    const { one } = await acmeAccount(house, 'signed');
    const { one: two } = await acmeAccount(house, 'signed-too');
    const elsewhere = await one.post('new-order', {}, { url: one.url('new-account') });
    isProblem(elsewhere, 'unauthorized', 403);
    // Another's account with one's own key.
    isProblem(await two.post(one.account() ?? '', undefined, { kid: one.account() }), 'malformed');
    isProblem(await two.post(one.account() ?? ''), 'unauthorized', 403);
    isProblem(await one.post(one.account() ?? '', undefined, { jwk: one.own.jwk }), 'malformed');
    isProblem(
      await one.post(one.account() ?? '', undefined, { alg: 'none' }),
      'badSignatureAlgorithm',
    );
    isProblem(
      await one.post(one.account() ?? '', undefined, { alg: 'HS256' }),
      'badSignatureAlgorithm',
    );
    isProblem(await one.post(one.account() ?? '', undefined, { crit: ['x'], x: 1 }), 'malformed');
    isProblem(await one.post(one.account() ?? '', undefined, { b64: false }), 'malformed');
    const { path, body } = await one.write(one.account() ?? '');
    const tampered = {
      ...JSON.parse(body),
      payload: Buffer.from('{"status":"deactivated"}').toString('base64url'),
    };
    isProblem(await one.send({ path, body: JSON.stringify(tampered) }), 'malformed');
    isProblem(
      await one.send({ path, body: JSON.stringify({ ...JSON.parse(body), header: {} }) }),
      'malformed',
    );
    assert.equal((await one.post(one.account() ?? '')).status, 200);
  });

  it('counts who signs as an account that is not theirs, or that is not there, whoever has to', async () => {
    const { one, device } = await acmeAccount(house, 'counted');
    const { one: two } = await acmeAccount(house, 'counted-too');
    const mine = one.account() ?? '';
    // What others did before is none of this.
    await house.house.counter.stop();
    const right = await eventsOf(house, async () => {
      assert.equal((await one.post(mine)).status, 200);
      await house.house.counter.stop();
    });
    assert.equal(count(right, 'decision.counted'), 0);
    const seen = await eventsOf(house, async () => {
      for (let i = 0; i < 5; i++) {
        isProblem(await two.post(mine, undefined, { kid: mine }), 'malformed');
      }
      const nobody = mine.replace(/[^/]+$/, house.house.ids.next());
      isProblem(await two.post(mine, undefined, { kid: nobody }), 'accountDoesNotExist');
      const { path, body } = await acmeClient(house).write('new-account', {});
      const other = { ...JSON.parse(body), signature: 'AAAA' };
      isProblem(await two.send({ path, body: JSON.stringify(other) }), 'malformed');
      await house.house.counter.stop();
    });
    const counted = seen.filter(({ type }) => type === 'decision.counted');
    assert.deepEqual(
      counted
        .map(({ subject, outcome, data }) => [subject, outcome, data.action, data.count])
        .sort((a, b) => Number(b[3]) - Number(a[3]) || ((a[2] ?? '' < (b[2] ?? '')) ? -1 : 1)),
      [
        [device.id, 'refused', 'acme.request', 5],
        [undefined, 'refused', 'acme.account', 1],
        [undefined, 'refused', 'acme.request', 1],
      ],
    );
  });

  it('goes on at another node', async () => {
    const { one } = await acmeAccount(house, 'nodes');
    const order = await one.order('nodes.devices.example');
    const other = await house.beside();
    const { nonces } = other.house.acme;
    const mixed = await one.post(order.headers.get('location') ?? '', undefined, {
      nonce: nonces.next(),
    });
    assert.equal(mixed.json.status, 'pending');
  });
});
