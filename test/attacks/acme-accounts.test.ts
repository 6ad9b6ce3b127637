/**
 * Accounts of ACME turned against us (RFC 8555 §7.3, §10): without a binding or with another's, with another's key, and after
 * their end.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type AcmeHouse, openAcmeHouse } from '../support/acme.ts';
import { acmeAccount, isProblem } from '../support/acme-account.ts';
import { acmeClient, acmeKey } from '../support/acme-client.ts';
import { count, eventsOf } from '../support/events.ts';

describe('accounts of ACME', () => {
  let house: AcmeHouse;
  before(async () => {
    house = await openAcmeHouse();
  });
  after(() => house.close());

  it('makes no account without a pass, with a used one, or with a binding that is not for it', async () => {
    const device = await house.addDevice('binding');
    const pass = await house.issuePass(device);
    const stranger = acmeClient(house);
    isProblem(await stranger.post('new-account', {}), 'externalAccountRequired', 403);

    const seen = await eventsOf(house, async () => {
      const wrongKey = Buffer.alloc(32).toString('base64url');
      isProblem(await stranger.register({ ...pass.eab, hmacKey: wrongKey }), 'unauthorized', 403);
      isProblem(await stranger.register({ ...pass.eab, kid: 'nobody' }), 'unauthorized', 403);
      // For another key, another address, and by another kind of signature.
      const lent = acmeClient(house).binding(pass.eab);
      isProblem(
        await stranger.post('new-account', { externalAccountBinding: lent }),
        'unauthorized',
        403,
      );
      for (const more of [
        { url: 'https://elsewhere.example/' },
        { alg: 'none' },
        { alg: 'ES256' },
      ]) {
        const bound = stranger.binding(pass.eab, more);
        const tried = await stranger.post('new-account', { externalAccountBinding: bound });
        isProblem(tried, 'unauthorized', 403);
      }
    });
    assert.equal(count(seen, 'acme.account-created'), 0);
    assert.ok(count(seen, 'device.enrolment-refused') > 0);

    const right = await eventsOf(house, async () => {
      assert.equal((await stranger.register(pass.eab)).status, 201);
    });
    assert.equal(count(right, 'acme.account-created'), 1);
    isProblem(await acmeClient(house).register(pass.eab), 'unauthorized', 403);
    // The same key finds its account again, and no other does.
    const again = acmeClient(house, stranger.own);
    assert.equal((await again.post('new-account', { onlyReturnExisting: true })).status, 200);
    const other = await acmeClient(house).post('new-account', { onlyReturnExisting: true });
    isProblem(other, 'accountDoesNotExist');
  });

  it('gives an account another key only when both sign', async () => {
    const { one } = await acmeAccount(house, 'keys');
    const next = acmeKey();
    const inner = (by = next, change: object = {}, head: object = {}) =>
      JSON.parse(
        one.jws(
          { url: one.url('key-change'), jwk: next.jwk, ...head },
          { account: one.account(), oldKey: one.own.jwk, ...change },
          by,
        ),
      );
    isProblem(await one.post('key-change', inner(acmeKey())), 'malformed');
    isProblem(await one.post('key-change', inner(next, { oldKey: next.jwk })), 'malformed');
    isProblem(await one.post('key-change', inner(next, { account: 'x' })), 'malformed');
    isProblem(
      await one.post('key-change', inner(next, {}, { url: one.url('new-order') })),
      'malformed',
    );
    isProblem(await one.post('key-change', inner(next, {}, { nonce: 'x' })), 'malformed');
    const { one: two } = await acmeAccount(house, 'keys-too');
    const taken = JSON.parse(
      one.jws(
        { url: one.url('key-change'), jwk: two.own.jwk },
        { account: one.account(), oldKey: one.own.jwk },
        two.own,
      ),
    );
    isProblem(await one.post('key-change', taken), 'malformed');
    const account = one.account() ?? '';
    assert.equal((await one.post('key-change', inner())).status, 200);
    isProblem(await one.post(account), 'malformed');
    const renewed = acmeClient(house, next);
    renewed.become(account);
    assert.equal((await renewed.post(account)).status, 200);
  });

  it('ends accounts with their pass and their device, and by themselves', async () => {
    const { one, pass, device } = await acmeAccount(house, 'ends');
    const { store, enrolmentPasses, devices } = house.house;
    const account = one.account() ?? '';
    await store.write((tx) => devices.disable(tx, device.id, { door: 'cli' }));
    isProblem(await one.post(account), 'unauthorized', 403);
    await store.write((tx) => devices.enable(tx, device.id, { door: 'cli' }));
    assert.equal((await one.post(account)).status, 200);
    await store.write((tx) => enrolmentPasses.withdraw(tx, device.id, pass.id, { door: 'cli' }));
    isProblem(await one.post(account), 'unauthorized', 403);

    const { one: own } = await acmeAccount(house, 'ends-itself');
    const seen = await eventsOf(house, async () => {
      const ended = await own.post(own.account() ?? '', { status: 'deactivated' });
      assert.equal(ended.json.status, 'deactivated');
    });
    assert.equal(count(seen, 'acme.account-ended'), 1);
    isProblem(await own.post(own.account() ?? ''), 'unauthorized', 403);
  });
});
