/** An application is made public, so that it proves itself by nothing, and later it is to prove itself again. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { count, eventsOf } from '../support/events.ts';
import { openServedHouse, type ServedHouse } from '../support/served-house.ts';
import { passkeyPerson, passkeySignIn } from '../support/served-people.ts';

describe('an application that proves itself', () => {
  let house: ServedHouse;
  let token: string;
  let owner: string;
  before(async () => {
    house = await openServedHouse();
    const root = await passkeyPerson(house, 'root', ['administrator']);
    owner = root.id;
    token = (await passkeySignIn(house, root)).session.token;
  });
  after(() => house?.close());

  async function call(name: Parameters<ServedHouse['api']>[0], id: string, body?: unknown) {
    const answer = await house.api(name, {
      token,
      params: { id },
      ...(body === undefined ? {} : { body }),
    });
    assert.ok(answer.status < 300, `${name}: ${answer.text}`);
    return answer.json;
  }
  const by = (clientAuth: string) => ({ detail: { clientAuth } });
  const secret = { kind: 'secret', name: 'server' };

  it('proves itself again after it was public, and by nothing of before', async () => {
    const detail = { redirectUris: ['https://mail.example.com/cb'], clientAuth: 'secret' };
    const app = { kind: 'application', name: 'mail', open: 'everyone', owner, detail };
    const added = await house.api('addResource', { token, body: app });
    assert.equal(added.status, 201, added.text);
    const { id } = added.json;
    const first = await call('addProcessProof', id, secret);
    const seen = await eventsOf(house, async () => {
      await call('changeResource', id, by('none'));
      assert.equal((await house.api('showProcess', { token, params: { id } })).status, 404);
      await call('changeResource', id, by('secret'));
    });
    assert.deepEqual([count(seen, 'process.removed'), count(seen, 'process.added')], [1, 1]);
    const again = await call('showProcess', id);
    assert.deepEqual([again.name, again.status, again.proofs], ['mail', 'active', []]);
    assert.equal(again.owner, owner, 'whoever made it so answers for it');
    const second = await call('addProcessProof', id, secret);
    assert.notEqual(second.secret, first.secret);
    assert.equal((await call('showProcess', id)).proofs.length, 1);
    // And once more, with the address that it had from the beginning.
    await call('changeResource', id, by('none'));
    await call('changeResource', id, by('key'));
    assert.equal((await call('changeProcess', id, { owner })).owner, owner);
  });
});
