/**
 * ACME turned against us (RFC 8555 §10): accounts without a binding or with another's, requests that are shown again or signed for
 * somewhere else, names of others, answers by the wrong host, and requests that would have us look where only we can.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { gateConfig } from '../../server/gate/gate-config.ts';
import type { AccountId } from '../../server/gate/use-cases/acme/acme-table.ts';
import { readAskedCertificate } from '../../server/wire/cms/asked-certificate.ts';
import { type AcmeHouse, openAcmeHouse } from '../support/acme.ts';
import { type AcmeClient, acmeClient, acmeKey, answering } from '../support/acme-client.ts';
import { makeCertificate } from '../support/certificates.ts';
import { count, eventsOf } from '../support/events.ts';
import type { Answer } from '../support/served-house.ts';

const error = (name: string) => `urn:ietf:params:acme:error:${name}`;

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

describe('ACME', () => {
  let house: AcmeHouse;
  before(async () => {
    house = await openAcmeHouse();
  });
  after(() => house.close());

  async function client(name: string, names: readonly string[] = [`${name}.devices.example`]) {
    const device = await house.addDevice(name);
    const pass = await house.issuePass(device, { names });
    const one = acmeClient(house);
    assert.equal((await one.register(pass.eab)).status, 201);
    return { one, device, pass };
  }
  const is = (answer: Answer, code: string, status = 400) => {
    assert.equal(answer.json?.type, error(code), answer.text);
    assert.equal(answer.status, status);
    assert.ok(answer.headers.get('replay-nonce'));
  };
  const csr = (name: string, ...names: string[]) => {
    const san = names.map((each) => `DNS:${each}`).join(',');
    house.request(name, '/', '-addext', `subjectAltName=${san}`);
    return house.file(`${name}.csr`);
  };
  const proving = (by: AcmeClient) => answering(house, (token) => `${token}.${by.own.thumbprint}`);

  it('makes no account without a pass, with a used one, or with a binding that is not for it', async () => {
    const device = await house.addDevice('binding');
    const pass = await house.issuePass(device);
    const stranger = acmeClient(house);
    is(await stranger.post('new-account', {}), 'externalAccountRequired', 403);

    const seen = await eventsOf(house, async () => {
      const wrongKey = Buffer.alloc(32).toString('base64url');
      is(await stranger.register({ ...pass.eab, hmacKey: wrongKey }), 'unauthorized', 403);
      is(await stranger.register({ ...pass.eab, kid: 'nobody' }), 'unauthorized', 403);
      // For another key, another address, and by another kind of signature.
      const lent = acmeClient(house).binding(pass.eab);
      is(await stranger.post('new-account', { externalAccountBinding: lent }), 'unauthorized', 403);
      for (const more of [
        { url: 'https://elsewhere.example/' },
        { alg: 'none' },
        { alg: 'ES256' },
      ]) {
        const bound = stranger.binding(pass.eab, more);
        const tried = await stranger.post('new-account', { externalAccountBinding: bound });
        is(tried, 'unauthorized', 403);
      }
    });
    assert.equal(count(seen, 'acme.account-created'), 0);
    assert.ok(count(seen, 'device.enrolment-refused') > 0);

    const right = await eventsOf(house, async () => {
      assert.equal((await stranger.register(pass.eab)).status, 201);
    });
    assert.equal(count(right, 'acme.account-created'), 1);
    is(await acmeClient(house).register(pass.eab), 'unauthorized', 403);
    // The same key finds its account again, and no other does.
    const again = acmeClient(house, stranger.own);
    assert.equal((await again.post('new-account', { onlyReturnExisting: true })).status, 200);
    const other = await acmeClient(house).post('new-account', { onlyReturnExisting: true });
    is(other, 'accountDoesNotExist');
  });

  it('takes a nonce once, takes none of others, and tells a new one', async () => {
    const { one } = await client('nonces');
    const written = await one.write('new-order', {
      identifiers: [{ type: 'dns', value: 'nonces.devices.example' }],
    });
    assert.equal((await one.send(written)).status, 201);
    is(await one.send(written), 'badNonce');
    const all = await one.write(one.account() ?? '');
    const race = await Promise.all([1, 2, 3, 4].map(() => one.send(all)));
    assert.deepEqual(race.map(({ status }) => status).sort(), [200, 400, 400, 400]);
    for (const nonce of ['', 'x', 'AAAA', Buffer.alloc(34).toString('base64url')]) {
      is(await one.post(one.account() ?? '', undefined, { nonce }), 'badNonce');
    }
    const old = await one.write(one.account() ?? '');
    house.clock.advance(2 * 60 * 60 * 1000);
    is(await one.send(old), 'badNonce');
    assert.equal((await one.post(one.account() ?? '')).status, 200);
  });

  it('takes a request only at the address and by the key that it was signed for', async () => {
    const { one } = await client('signed');
    const { one: two } = await client('signed-too');
    const elsewhere = await one.post('new-order', {}, { url: one.url('new-account') });
    is(elsewhere, 'unauthorized', 403);
    // Another's account with one's own key.
    is(await two.post(one.account() ?? '', undefined, { kid: one.account() }), 'malformed');
    is(await two.post(one.account() ?? ''), 'unauthorized', 403);
    is(await one.post(one.account() ?? '', undefined, { jwk: one.own.jwk }), 'malformed');
    is(await one.post(one.account() ?? '', undefined, { alg: 'none' }), 'badSignatureAlgorithm');
    is(await one.post(one.account() ?? '', undefined, { alg: 'HS256' }), 'badSignatureAlgorithm');
    is(await one.post(one.account() ?? '', undefined, { crit: ['x'], x: 1 }), 'malformed');
    is(await one.post(one.account() ?? '', undefined, { b64: false }), 'malformed');
    const { path, body } = await one.write(one.account() ?? '');
    const tampered = {
      ...JSON.parse(body),
      payload: Buffer.from('{"status":"deactivated"}').toString('base64url'),
    };
    is(await one.send({ path, body: JSON.stringify(tampered) }), 'malformed');
    is(
      await one.send({ path, body: JSON.stringify({ ...JSON.parse(body), header: {} }) }),
      'malformed',
    );
    assert.equal((await one.post(one.account() ?? '')).status, 200);
  });

  it('orders no name that is not the device’s', async () => {
    const { one, device } = await client('orders');
    const seen = await eventsOf(house, async () => {
      for (const name of [
        'boss.example.com',
        'devices.example',
        'x.orders.devices.example',
        '*.orders.devices.example',
        'orders.devices.example.',
        'localhost',
        '127.0.0.1',
        '[::1]',
        'orders.devices.example:8080',
        'orders.devices.example/x',
        'a@orders.devices.example',
      ]) {
        is(await one.order(name), 'rejectedIdentifier');
      }
      is(await one.order('orders.devices.example', 'boss.example.com'), 'rejectedIdentifier');
      const ip = { identifiers: [{ type: 'ip', value: '192.0.2.1' }] };
      is(await one.post('new-order', ip), 'unsupportedIdentifier');
      const other = { identifiers: [{ type: 'permanent-identifier', value: 'binding' }] };
      is(await one.post('new-order', other), 'rejectedIdentifier');
    });
    const refused = seen.find(({ type }) => type === 'device.enrolment-refused');
    assert.equal(refused?.subject, device.id);
    assert.equal(refused?.data.why, 'foreign-name');
    assert.equal((await one.order('ORDERS.devices.example')).status, 201);
  });

  it('gives nothing for a host that answers with another’s, late, elsewhere or not at all', async () => {
    const { one } = await client('hosts');
    const answers: ((token: string) => string | undefined)[] = [
      () => undefined,
      (token) => `${token}.${acmeKey().thumbprint}`,
      () => 'anything else',
      (token) => token,
      (token) => `x${token}.${one.own.thumbprint}`,
      (token) => `http://127.0.0.1:${house.challengePort}/right/${token}`,
    ];
    for (const [at, answer] of answers.entries()) {
      const host = await answering(house, answer);
      const seen = await eventsOf(house, async () => {
        const order = await one.order('hosts.devices.example');
        const [tried] = await one.prove(order);
        assert.equal(tried?.json.status, 'invalid', `${at}: ${tried?.text}`);
        const after = await one.post(order.headers.get('location') ?? '');
        assert.equal(after.json.status, 'invalid');
        is(await one.finalize(order, csr('hosts', 'hosts.devices.example')), 'orderNotReady', 403);
        // What was tried is not tried again.
        const again = await one.prove(order);
        assert.equal(again[0]?.json.status, 'invalid');
      });
      assert.equal(count(seen, 'acme.challenge', 'refused'), 1);
      assert.equal(count(seen, 'certificate.issued'), 0);
      await host.close();
    }
    const host = await proving(one);
    const seen = await eventsOf(house, async () => {
      const order = await one.order('hosts.devices.example');
      is(await one.finalize(order, csr('hosts', 'hosts.devices.example')), 'orderNotReady', 403);
      const [tried] = await one.prove(order);
      assert.equal(tried?.json.status, 'valid', tried?.text);
      const done = await one.finalize(order, csr('hosts', 'hosts.devices.example'));
      assert.equal(done.json?.status, 'valid', done.text);
      const pem = await one.post(done.json.certificate);
      assert.match(pem.text, /^-----BEGIN CERTIFICATE-----/);
    });
    await host.close();
    assert.equal(count(seen, 'acme.challenge', 'done'), 1);
    assert.equal(count(seen, 'device.enrolled'), 1);
  });

  it('looks nowhere that only we can reach (CWE-918)', async () => {
    const names = ['metadata.devices.example', 'looks.devices.example'];
    const { one } = await client('looks', names);
    const host = await proving(one);
    const seen = await eventsOf(house, async () => {
      const [tried] = await one.prove(await one.order('metadata.devices.example'));
      assert.equal(tried?.json.status, 'invalid');
      assert.equal(tried?.json.error.type, error('connection'));
    });
    assert.equal(host.asked.length, 0);
    assert.equal(count(seen, 'acme.challenge', 'refused'), 1);
    const [right] = await one.prove(await one.order('looks.devices.example'));
    assert.equal(right?.json.status, 'valid');
    await host.close();
  });

  it('finishes no order of an account that was ended while its request was on the way', async () => {
    const { acme, store, enrolmentPasses } = house.house;
    const finalizing = async (name: string, meanwhile: boolean) => {
      const fqdn = `${name}.devices.example`;
      const { one, device, pass } = await client(name);
      const host = await proving(one);
      const order = await one.order(fqdn);
      await one.prove(order);
      await host.close();
      // As the door has it once it knows who signed.
      const account = {
        id: one.account()?.split('/').at(-1) as AccountId, // Of an address of ours.
        device: device.id,
        status: 'valid',
        thumbprint: one.own.thumbprint,
        names: [fqdn],
        attestationKey: undefined,
      } as const;
      const by = { door: 'cli' } as const;
      if (meanwhile)
        await store.write((tx) => enrolmentPasses.withdraw(tx, device.id, pass.id, by));
      const asked = readAskedCertificate(new Uint8Array(csr(name, fqdn)));
      assert.ok(asked);
      const id = order.headers.get('location')?.split('/').at(-1) ?? '';
      return acme.certificates.finalize(account, id, asked, house.arrival({ door: 'acme' }));
    };
    const seen = await eventsOf(house, async () => {
      const late = await finalizing('late', true);
      assert.equal(!late.ok && late.error.code, 'unauthorized', JSON.stringify(late));
      const early = await finalizing('early', false);
      assert.equal(early.ok && early.value.status, 'valid', JSON.stringify(early));
    });
    assert.equal(count(seen, 'device.pass-withdrawn'), 1);
    assert.equal(count(seen, 'device.enrolment-refused', 'refused'), 1);
    assert.equal(count(seen, 'device.enrolled'), 1);
  });

  it('finishes an order for its names alone, and once', async () => {
    const names = ['fin.devices.example', 'fin2.devices.example'];
    const { one, device } = await client('finish', names);
    const { one: two } = await client('finish-too');
    const host = await proving(one);
    const order = await one.order(names[0] ?? '');
    await one.prove(order);
    await host.close();
    const at = (text: string) => text.split('/acme/')[1] ?? '';
    // Another's order is none.
    is(await two.post(at(order.headers.get('location') ?? '')), 'malformed', 404);
    is(await two.post(at(order.json.authorizations[0])), 'malformed', 404);
    is(await two.finalize(order, csr('fin', 'fin.devices.example')), 'malformed', 404);
    for (const wrong of [names, [names[1] ?? ''], ['boss.example.com']]) {
      is(await one.finalize(order, csr('fin', ...wrong)), 'badCSR');
    }
    is(await one.finalize(order, Buffer.from('nonsense')), 'badCSR');
    house.request(
      'boss',
      '/CN=boss.example.com',
      '-addext',
      'subjectAltName=DNS:fin.devices.example',
    );
    is(await one.finalize(order, house.file('boss.csr')), 'rejectedIdentifier');
    const request = csr('fin', 'fin.devices.example');
    const seen = await eventsOf(house, async () => {
      const all = await Promise.all([1, 2, 3].map(() => one.finalize(order, request)));
      const done = all.filter(({ status }) => status === 200);
      assert.ok(done.length >= 1, all.map(({ text }) => text).join('\n'));
      assert.equal(new Set(done.map(({ json }) => json.certificate)).size, 1);
    });
    assert.equal(count(seen, 'certificate.issued'), 1);
    assert.equal(seen.find(({ type }) => type === 'device.enrolled')?.subject, device.id);
    const finished = await one.post(order.headers.get('location') ?? '');
    is(await two.post(finished.json.certificate), 'malformed', 404);
  });

  it('ends a certificate only for its device or by its own key', async () => {
    const { one } = await client('revokes');
    const { one: two } = await client('revokes-too');
    const host = await proving(one);
    const order = await one.order('revokes.devices.example');
    await one.prove(order);
    await host.close();
    const done = await one.finalize(order, csr('revokes', 'revokes.devices.example'));
    const { text } = await one.post(done.json.certificate);
    const [leaf = ''] = text.match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----/) ?? [];
    const certificate = Buffer.from(leaf.replace(/-----[^-]+-----|\s/g, ''), 'base64').toString(
      'base64url',
    );
    is(await two.post('revoke-cert', { certificate }), 'unauthorized', 403);
    is(await acmeClient(house).post('revoke-cert', { certificate }), 'unauthorized', 403);
    is(await one.post('revoke-cert', { certificate, reason: 2 }), 'badRevocationReason');
    const seen = await eventsOf(house, async () => {
      assert.equal((await one.post('revoke-cert', { certificate, reason: 4 })).status, 200);
    });
    assert.equal(count(seen, 'certificate.revoked'), 1);
    is(await one.post('revoke-cert', { certificate, reason: 4 }), 'alreadyRevoked');
  });

  it('gives an account another key only when both sign', async () => {
    const { one } = await client('keys');
    const next = acmeKey();
    const inner = (by = next, change: object = {}, head: object = {}) =>
      JSON.parse(
        one.jws(
          { url: one.url('key-change'), jwk: next.jwk, ...head },
          { account: one.account(), oldKey: one.own.jwk, ...change },
          by,
        ),
      );
    is(await one.post('key-change', inner(acmeKey())), 'malformed');
    is(await one.post('key-change', inner(next, { oldKey: next.jwk })), 'malformed');
    is(await one.post('key-change', inner(next, { account: 'x' })), 'malformed');
    is(await one.post('key-change', inner(next, {}, { url: one.url('new-order') })), 'malformed');
    is(await one.post('key-change', inner(next, {}, { nonce: 'x' })), 'malformed');
    const { one: two } = await client('keys-too');
    const taken = JSON.parse(
      one.jws(
        { url: one.url('key-change'), jwk: two.own.jwk },
        { account: one.account(), oldKey: one.own.jwk },
        two.own,
      ),
    );
    is(await one.post('key-change', taken), 'malformed');
    const account = one.account() ?? '';
    assert.equal((await one.post('key-change', inner())).status, 200);
    is(await one.post(account), 'malformed');
    const renewed = acmeClient(house, next);
    renewed.become(account);
    assert.equal((await renewed.post(account)).status, 200);
  });

  it('ends accounts with their pass and their device, and by themselves', async () => {
    const { one, pass, device } = await client('ends');
    const { store, enrolmentPasses, devices } = house.house;
    const account = one.account() ?? '';
    await store.write((tx) => devices.disable(tx, device.id, { door: 'cli' }));
    is(await one.post(account), 'unauthorized', 403);
    await store.write((tx) => devices.enable(tx, device.id, { door: 'cli' }));
    assert.equal((await one.post(account)).status, 200);
    await store.write((tx) => enrolmentPasses.withdraw(tx, device.id, pass.id, { door: 'cli' }));
    is(await one.post(account), 'unauthorized', 403);

    const { one: own } = await client('ends-itself');
    const seen = await eventsOf(house, async () => {
      const ended = await own.post(own.account() ?? '', { status: 'deactivated' });
      assert.equal(ended.json.status, 'deactivated');
    });
    assert.equal(count(seen, 'acme.account-ended'), 1);
    is(await own.post(own.account() ?? ''), 'unauthorized', 403);
  });

  it('keeps so many orders open and no more', async () => {
    const { one } = await client('many');
    for (let at = 0; at < 32; at++) {
      assert.equal((await one.order('many.devices.example')).status, 201);
    }
    is(await one.order('many.devices.example'), 'rateLimited', 429);
    house.clock.advance(61 * 60 * 1000);
    assert.equal((await one.order('many.devices.example')).status, 201);
  });

  it('goes on at another node', async () => {
    const { one } = await client('nodes');
    const order = await one.order('nodes.devices.example');
    const other = await house.beside();
    const { nonces } = other.house.acme;
    const mixed = await one.post(order.headers.get('location') ?? '', undefined, {
      nonce: nonces.next(),
    });
    assert.equal(mixed.json.status, 'pending');
  });
});
