/** `resource invite` with `--at`: an administrator invites an application from elsewhere, which registers itself. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { type Administering, catchUp, signedIn } from '../support/elsewhere.ts';
import { eventsOf } from '../support/events.ts';
import { register } from '../support/invitations.ts';
import { CALLBACK, type OidcHouse, openOidcHouse } from '../support/oidc-house.ts';
import { type PasskeyPerson, passkeyPerson, passkeySignIn } from '../support/served-people.ts';

const SAID = { redirect_uris: [CALLBACK], client_name: 'Ledger' };

describe('inviting applications at a server elsewhere', () => {
  let house: OidcHouse;
  let root: PasskeyPerson;
  let operator: PasskeyPerson;
  let at: Administering;
  before(async () => {
    house = await openOidcHouse({ oidc: { registration: true } });
    root = await passkeyPerson(house, 'root', ['administrator']);
    operator = await passkeyPerson(house, 'operator', ['operator']);
    catchUp(house);
    for (const alg of ['ES256', 'EdDSA', 'RS256'] as const) await house.house.signing.ready(alg);
    at = await signedIn(house, root);
  });
  beforeEach(() => catchUp(house));
  after(async () => {
    at.desk.close();
    await house.close();
  });

  it('shows a token once, by which an application registers itself', async () => {
    let id = '';
    const seen = await eventsOf(house, async () => {
      const made = await at.json('resource', 'invite', '--owner', 'root', '--open', 'everyone');
      assert.equal(made.endpoint, `${house.issuer}/register`);
      assert.equal((await register(house, made.token, SAID)).status, 201);
      assert.equal((await register(house, made.token, SAID)).status, 401);
      id = made.id;
    });
    const invited = seen.find(({ type }) => type === 'app.invited');
    assert.deepEqual([invited?.actor, invited?.data.invitation], [root.id, id]);
    const { invitations } = await at.json('resource', 'invitations');
    assert.deepEqual(
      [invitations[0].id, invitations[0].state, invitations[0].ownerName],
      [id, 'used', 'root'],
    );
    assert.ok(!JSON.stringify(invitations).includes('spi_'));
  });

  it('withdraws it, and it is good for nothing any more', async () => {
    const made = await at.json('resource', 'invite', '--owner', 'root', '--uses', '2');
    assert.equal((await register(house, made.token, SAID)).status, 201);
    assert.equal((await at.json('resource', 'uninvite', made.id)).id, made.id);
    assert.equal((await register(house, made.token, SAID)).status, 401);
    const again = await at.run('resource', 'uninvite', made.id);
    assert.deepEqual([again.code, again.out], [4, '']);
  });

  it('mends what is typed wrong', async () => {
    const nobody = await at.run('resource', 'invite', '--owner', 'eve');
    assert.deepEqual([nobody.code, nobody.out], [4, '']);
    const odd = await at.run('resource', 'invite', '--owner', 'root', '--lifetime', '90s');
    assert.deepEqual([odd.code, odd.out], [2, '']);
    assert.match(odd.err, /whole minutes/);
  });

  it('is for administrators, with a proof shown minutes ago', async () => {
    const body = { owner: root.id };
    const theirs = (await passkeySignIn(house, operator)).session.token;
    const made = await house.api('inviteApps', {
      token: (await passkeySignIn(house, root)).session.token,
      body,
    });
    assert.equal(made.status, 201);
    const params = { id: made.json.id };
    const seen = await eventsOf(house, async () => {
      assert.equal((await house.api('inviteApps', { token: theirs, body })).status, 403);
      const withdrawn = await house.api('withdrawAppInvitation', { token: theirs, params });
      assert.equal(withdrawn.status, 403);
    });
    const refused = seen.filter(({ type }) => type === 'access.refused');
    assert.deepEqual(
      refused.map(({ data }) => data.action),
      ['resource.create', 'resource.remove'],
    );
    const shown = await house.api('listAppInvitations', { token: theirs });
    assert.equal(shown.status, 200, 'operators see them');
    assert.ok(!shown.text.includes('spi_'));
    const old = (await passkeySignIn(house, root)).session.token;
    house.clock.advance(360_000);
    const late = await house.api('inviteApps', { token: old, body });
    assert.equal(late.json.code, 'fresh-proof-needed');
  });

  it('is asked again under its key with the same token, and bounded', async () => {
    const { token } = (await passkeySignIn(house, root)).session;
    const headers = { 'idempotency-key': 'invite-once' };
    const once = { token, headers, body: { owner: root.id } };
    const first = await house.api('inviteApps', once);
    const second = await house.api('inviteApps', once);
    assert.deepEqual(second.json, first.json);
    for (const wrong of [
      { uses: 0 },
      { uses: 101 },
      { lifetimeMinutes: 0 },
      { lifetimeMinutes: 129_601 },
      { open: 'all' },
      { members: ['A B'] },
      { firstParty: true },
    ]) {
      const told = await house.api('inviteApps', { token, body: { owner: root.id, ...wrong } });
      assert.equal(told.json.code, 'not-valid', JSON.stringify(wrong));
    }
    for (const owner of ['nobody', '019b8d62-efb0-7665-add8-049f726d5a00']) {
      const told = await house.api('inviteApps', { token, body: { owner } });
      assert.equal(told.json.code, 'owner-not-found');
    }
  });

  it('is listed in pages, the newest first', async () => {
    const { token } = (await passkeySignIn(house, root)).session;
    const all = (await house.api('listAppInvitations', { token })).json.items;
    const seen: string[] = [];
    for (let cursor: string | null = null; ; ) {
      const query = { limit: '2', ...(cursor === null ? {} : { cursor }) };
      const { json } = await house.api('listAppInvitations', { token, query });
      seen.push(...json.items.map(({ id }: { id: string }) => id));
      cursor = json.next;
      if (cursor === null) break;
    }
    assert.deepEqual(
      seen,
      all.map(({ id }: { id: string }) => id),
    );
    assert.deepEqual(seen, seen.toSorted().reverse());
  });
});
