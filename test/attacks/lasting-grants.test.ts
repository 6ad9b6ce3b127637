/**
 * What an application may do for someone who is away (T1528, T1550.001): it goes on when they get another name, is judged anew
 * when they leave a group, and is over with the account, with the proof that it rests on, and with everything by which someone
 * else is thrown out.
 */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import * as oidc from 'openid-client';
import { listHeld } from '../../server/proofs/held-proofs.ts';
import type { PersonChange } from '../../server/subjects/people.ts';
import { count, eventsOf } from '../support/events.ts';
import {
  type OidcHouse,
  openOidcHouse,
  type TestApp,
  type Tokens,
  tokensFor,
} from '../support/oidc-house.ts';
import { comeWithPass, enrol, issuePass, signIn, type TestPerson } from '../support/people.ts';
import { addProof } from '../support/processes.ts';
import { createTotpApp } from '../support/totp-app.ts';

const by = { door: 'cli' } as const;
const OFFLINE = { scope: 'openid profile offline_access' };
const REFUSED = { error: 'invalid_grant' };

describe('what a person let an application do', () => {
  let house: OidcHouse;
  let config: oidc.Configuration;
  let listed: oidc.Configuration;
  // Each with a clock of its own: people's codes move it ahead of the provider's.
  beforeEach(async () => {
    house = await openOidcHouse();
    config = await asOwner(await house.addApp('wiki', { clientAuth: 'secret' }));
    const only = { open: 'listed', members: ['staff'] } as const;
    listed = await asOwner(await house.addApp('ledger', { clientAuth: 'secret' }, only));
  });
  afterEach(() => house.close());

  async function asOwner(app: TestApp): Promise<oidc.Configuration> {
    const { shownOnce } = await addProof(house, app.process, 'secret', {});
    return app.config(oidc.ClientSecretBasic(shownOnce?.[0] ?? ''));
  }

  const write: OidcHouse['house']['store']['write'] = (work) => house.house.store.write(work);
  const change = ({ id }: TestPerson, what: PersonChange) =>
    write((tx) => house.house.acts.change(tx, id, what, by));
  const away = (person: TestPerson, of = config) =>
    tokensFor(house, of, person, { parameters: OFFLINE });
  const refresh = ({ refresh_token = '' }: Tokens, of = config) =>
    oidc.refreshTokenGrant(of, refresh_token);
  const spare = ({ uri }: Readonly<Record<string, unknown>>) => ({
    code: createTotpApp(String(uri), house.clock).code(),
  });
  const isActive = async ({ access_token }: Tokens, of = config) =>
    (await oidc.tokenIntrospection(of, access_token)).active;

  it('goes on when they get another name, mail or way to write it, and tells the new one', async () => {
    const ada = await house.person('ada');
    const tokens = await away(ada);
    await change(ada, { displayName: 'Ada King', email: 'ada.king@example.com' });
    await change(ada, { identifier: 'ada.king', roles: [], groups: [] });
    assert.equal(await isActive(tokens), true);
    const { name } = await oidc.fetchUserInfo(config, tokens.access_token, ada.id);
    assert.equal(name, 'Ada King');
    assert.ok((await refresh(tokens)).access_token);
  });

  it('is judged anew when their groups change, and goes on where policy lets it', async () => {
    const bob = await house.person('bob');
    await change(bob, { groups: ['staff', 'choir'] });
    const tokens = await away(bob, listed);
    await change(bob, { groups: ['staff'] });
    assert.equal(await isActive(tokens, listed), false, 'it told of other groups');
    let next: Tokens | undefined;
    const seen = await eventsOf(house, async () => {
      next = await refresh(tokens, listed);
    });
    const his = seen.filter(({ subject }) => subject === bob.id);
    assert.equal(count(his, 'entry.granted', 'granted'), 1);
    assert.equal(next && (await isActive(next, listed)), true);

    await change(bob, { groups: ['choir'] });
    const token = next ?? tokens;
    const refused = await eventsOf(house, () => assert.rejects(refresh(token, listed), REFUSED));
    assert.equal(count(refused, 'entry.refused', 'refused'), 1);
    assert.equal(await isActive(token, listed), false);
    await change(bob, { groups: ['staff'] });
    assert.equal(await isActive(token, listed), false);
    assert.ok((await refresh(token, listed)).access_token, 'and back again, as they are');
  });

  const ends: Record<string, (person: TestPerson) => Promise<unknown>> = {
    'they say that it wasn’t them': async (person) => {
      const { session } = await signIn(house, person);
      const seen = await eventsOf(house, () =>
        house.house.portal.reportTrouble(session.token, {}, house.arrival()),
      );
      assert.equal(seen.find(({ type }) => type === 'trouble.reported')?.data.apps, 1);
    },
    'an administrator ends their sessions': async ({ id }) => {
      const seen = await eventsOf(house, () =>
        write((tx) => house.house.acts.revokeSessionsOf(tx, id, by)),
      );
      assert.equal(seen.find(({ type }) => type === 'session.revoked')?.data.apps, 1);
    },
    'they come back with a pass': async ({ id, identifier }) => {
      const token = await comeWithPass(house, identifier, await issuePass(house, id));
      const done = await house.house.enrolments.complete(token, house.arrival());
      assert.equal(done.state, 'done');
    },
    'they are given a role here': (person) => change(person, { roles: ['auditor'] }),
    'they are disabled, whoever enables them again': async ({ id }) => {
      await write((tx) => house.house.acts.disable(tx, id, by));
      await write((tx) => house.house.acts.enable(tx, id, by));
    },
    'the password that it rests on is replaced': async (person) => {
      const { session } = await signIn(house, person);
      await enrol(house, session.token, 'password', () => ({ password: 'another one, and long' }));
    },
    'the proof that it rests on is removed': async (person) => {
      const { session } = await signIn(house, person);
      await enrol(house, session.token, 'totp', spare);
      const held = await house.house.store.read((q) => listHeld(q, person.id));
      const first = held.find(({ kind }) => kind === 'totp');
      const { portal } = house.house;
      const done = await portal.removeProof(session.token, first?.id ?? '', house.arrival());
      assert.equal(done.state, 'done');
    },
  };
  for (const [n, [what, end]] of Object.entries(ends).entries()) {
    it(`is over when ${what}, and nobody else’s is`, async () => {
      const person = await house.person(`person-${n}`);
      const other = await away(await house.person(`other-${n}`));
      const tokens = await away(person);
      assert.equal(await isActive(tokens), true);
      await end(person);
      assert.equal(await isActive(tokens), false);
      await assert.rejects(refresh(tokens), REFUSED);
      assert.equal(await isActive(other), true);
      assert.ok((await refresh(other)).access_token);
    });
  }

  it('goes on when a proof is removed that it does not rest on', async () => {
    const cat = await house.person('cat');
    const tokens = await away(cat);
    const { session } = await signIn(house, cat);
    await enrol(house, session.token, 'totp', spare);
    const held = await house.house.store.read((q) => listHeld(q, cat.id));
    const last = held.findLast(({ kind }) => kind === 'totp');
    const { portal } = house.house;
    const done = await portal.removeProof(session.token, last?.id ?? '', house.arrival());
    assert.equal(done.state, 'done');
    assert.ok((await refresh(tokens)).access_token);
  });
});
