/**
 * Orders of ACME turned against us (RFC 8555 §7.4, §10): names of others, answers by the wrong host, requests that would have us look
 * where only we can, orders and certificates of others.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { AccountId } from '../../server/gate/use-cases/acme/acme-table.ts';
import { readAskedCertificate } from '../../server/wire/cms/asked-certificate.ts';
import { type AcmeHouse, openAcmeHouse } from '../support/acme.ts';
import { acmeAccount, acmeError, csrFor, isProblem, provingHost } from '../support/acme-account.ts';
import { acmeClient, acmeKey, answering } from '../support/acme-client.ts';
import { count, eventsOf, type TestEvent } from '../support/events.ts';

describe('orders of ACME', () => {
  let house: AcmeHouse;
  before(async () => {
    house = await openAcmeHouse();
  });
  after(() => house.close());

  it('orders no name that is not the device’s', async () => {
    const { one, device } = await acmeAccount(house, 'orders');
    await house.addDevice('not-orders');
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
        isProblem(await one.order(name), 'rejectedIdentifier');
      }
      isProblem(
        await one.order('orders.devices.example', 'boss.example.com'),
        'rejectedIdentifier',
      );
      const ip = { identifiers: [{ type: 'ip', value: '192.0.2.1' }] };
      isProblem(await one.post('new-order', ip), 'unsupportedIdentifier');
      const other = { identifiers: [{ type: 'permanent-identifier', value: 'not-orders' }] };
      isProblem(await one.post('new-order', other), 'rejectedIdentifier');
    });
    const [refused] = seen.filter(({ type }) => type === 'device.enrolment-refused');
    assert.deepEqual(
      [refused?.outcome, refused?.subject, refused?.door, refused?.data.why],
      ['refused', device.id, 'acme', 'foreign-name'],
    );
    assert.equal((await one.order('ORDERS.devices.example')).status, 201);
  });

  it('gives nothing for a host that answers with another’s, late, elsewhere or not at all', async () => {
    const { one, device } = await acmeAccount(house, 'hosts');
    const tries = (seen: readonly TestEvent[]) =>
      seen
        .filter(({ type }) => type === 'acme.challenge-tried')
        .map(({ outcome, subject, door, data }) => {
          assert.deepEqual([subject, door], [device.id, 'acme']);
          return [outcome, data.challenge, data.identifier, data.why];
        });
    const name = 'hosts.devices.example';
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
        isProblem(
          await one.finalize(order, csrFor(house, 'hosts', 'hosts.devices.example')),
          'orderNotReady',
          403,
        );
        // What was tried is not tried again.
        const again = await one.prove(order);
        assert.equal(again[0]?.json.status, 'invalid');
      });
      const why = at === 0 || at === 5 ? 'was asked' : 'answered with something else';
      const [[outcome, challenge, identifier, told] = [], ...others] = tries(seen);
      assert.deepEqual([outcome, challenge, identifier], ['refused', 'http-01', name]);
      assert.ok(String(told).includes(why), String(told));
      assert.equal(others.length, 0);
      assert.equal(count(seen, 'certificate.issued'), 0);
      await host.close();
    }
    const host = await provingHost(house, one);
    const seen = await eventsOf(house, async () => {
      const order = await one.order('hosts.devices.example');
      isProblem(
        await one.finalize(order, csrFor(house, 'hosts', 'hosts.devices.example')),
        'orderNotReady',
        403,
      );
      const [tried] = await one.prove(order);
      assert.equal(tried?.json.status, 'valid', tried?.text);
      const done = await one.finalize(order, csrFor(house, 'hosts', 'hosts.devices.example'));
      assert.equal(done.json?.status, 'valid', done.text);
      const pem = await one.post(done.json.certificate);
      assert.match(pem.text, /^-----BEGIN CERTIFICATE-----/);
    });
    await host.close();
    assert.deepEqual(tries(seen), [['done', 'http-01', name, undefined]]);
    assert.deepEqual(
      seen
        .filter(({ type }) => type === 'device.enrolled')
        .map(({ outcome, subject, door }) => [outcome, subject, door]),
      [['done', device.id, 'acme']],
    );
  });

  it('looks nowhere that only we can reach (CWE-918)', async () => {
    const names = ['metadata.devices.example', 'looks.devices.example'];
    const { one } = await acmeAccount(house, 'looks', names);
    const host = await provingHost(house, one);
    const seen = await eventsOf(house, async () => {
      const [tried] = await one.prove(await one.order('metadata.devices.example'));
      assert.equal(tried?.json.status, 'invalid');
      assert.equal(tried?.json.error.type, acmeError('connection'));
    });
    assert.equal(host.asked.length, 0);
    assert.equal(count(seen, 'acme.challenge-tried', 'refused'), 1);
    const [right] = await one.prove(await one.order('looks.devices.example'));
    assert.equal(right?.json.status, 'valid');
    await host.close();
  });

  it('finishes no order of an account that was ended while its request was on the way', async () => {
    const { acme, store, enrolmentPasses } = house.house;
    const finalizing = async (name: string, meanwhile: boolean) => {
      const fqdn = `${name}.devices.example`;
      const { one, device, pass } = await acmeAccount(house, name);
      const host = await provingHost(house, one);
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
      const asked = readAskedCertificate(new Uint8Array(csrFor(house, name, fqdn)));
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
    const { one, device } = await acmeAccount(house, 'finish', names);
    const { one: two } = await acmeAccount(house, 'finish-too');
    const host = await provingHost(house, one);
    const order = await one.order(names[0] ?? '');
    await one.prove(order);
    await host.close();
    const at = (text: string) => text.split('/acme/')[1] ?? '';
    // Another's order is none.
    isProblem(await two.post(at(order.headers.get('location') ?? '')), 'malformed', 404);
    isProblem(await two.post(at(order.json.authorizations[0])), 'malformed', 404);
    isProblem(
      await two.finalize(order, csrFor(house, 'fin', 'fin.devices.example')),
      'malformed',
      404,
    );
    for (const wrong of [names, [names[1] ?? ''], ['boss.example.com']]) {
      isProblem(await one.finalize(order, csrFor(house, 'fin', ...wrong)), 'badCSR');
    }
    isProblem(await one.finalize(order, Buffer.from('nonsense')), 'badCSR');
    house.request(
      'boss',
      '/CN=boss.example.com',
      '-addext',
      'subjectAltName=DNS:fin.devices.example',
    );
    isProblem(await one.finalize(order, house.file('boss.csr')), 'rejectedIdentifier');
    const request = csrFor(house, 'fin', 'fin.devices.example');
    const seen = await eventsOf(house, async () => {
      const all = await Promise.all([1, 2, 3].map(() => one.finalize(order, request)));
      const done = all.filter(({ status }) => status === 200);
      assert.ok(done.length >= 1, all.map(({ text }) => text).join('\n'));
      assert.equal(new Set(done.map(({ json }) => json.certificate)).size, 1);
    });
    assert.equal(count(seen, 'certificate.issued'), 1);
    assert.equal(seen.find(({ type }) => type === 'device.enrolled')?.subject, device.id);
    const finished = await one.post(order.headers.get('location') ?? '');
    isProblem(await two.post(finished.json.certificate), 'malformed', 404);
  });

  it('ends a certificate only for its device or by its own key', async () => {
    const { one, device } = await acmeAccount(house, 'revokes');
    const { one: two, device: other } = await acmeAccount(house, 'revokes-too');
    const host = await provingHost(house, one);
    const order = await one.order('revokes.devices.example');
    await one.prove(order);
    await host.close();
    const done = await one.finalize(order, csrFor(house, 'revokes', 'revokes.devices.example'));
    const { text } = await one.post(done.json.certificate);
    const [leaf = ''] = text.match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----/) ?? [];
    const certificate = Buffer.from(leaf.replace(/-----[^-]+-----|\s/g, ''), 'base64').toString(
      'base64url',
    );
    const refused = await eventsOf(house, async () => {
      for (let i = 0; i < 3; i++) {
        isProblem(await two.post('revoke-cert', { certificate }), 'unauthorized', 403);
      }
      isProblem(await acmeClient(house).post('revoke-cert', { certificate }), 'unauthorized', 403);
      isProblem(await one.post('revoke-cert', { certificate, reason: 2 }), 'badRevocationReason');
    });
    assert.deepEqual(
      refused
        .filter(({ type }) => type === 'acme.revocation-refused')
        .map(({ subject, reason, data }) => [subject, reason, data.with]),
      [
        [other.id, 'not-permitted', 'account'],
        [undefined, 'not-permitted', 'key'],
        [device.id, 'not-valid', 'account'],
      ],
    );
    assert.equal(count(refused, 'certificate.revoked'), 0);
    const seen = await eventsOf(house, async () => {
      assert.equal((await one.post('revoke-cert', { certificate, reason: 4 })).status, 200);
    });
    assert.equal(count(seen, 'certificate.revoked'), 1);
    isProblem(await one.post('revoke-cert', { certificate, reason: 4 }), 'alreadyRevoked');
  });

  it('keeps so many orders open and no more', async () => {
    const { one } = await acmeAccount(house, 'many');
    for (let at = 0; at < 32; at++) {
      assert.equal((await one.order('many.devices.example')).status, 201);
    }
    isProblem(await one.order('many.devices.example'), 'rateLimited', 429);
    house.clock.advance(61 * 60 * 1000);
    assert.equal((await one.order('many.devices.example')).status, 201);
  });
});
