/** People come to another host than before: passkeys are held that no browser shows there, and count for nothing. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { administratorsOf } from '../../server/gate/use-cases/people/administrators.ts';
import { housePeople } from '../../server/main/desks/house/house-people.ts';
import { events } from '../support/events.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { challenged, comeWithPass, issuePass, signIn } from '../support/people.ts';
import { type PasskeyPerson, passkeyPerson } from '../support/served-people.ts';

const OLD = 'https://old.example.com';
const NEW = 'https://new.example.com';

describe('a passkey of another host', () => {
  let old: TestHouse;
  let now: TestHouse;
  let ada: PasskeyPerson;
  let root: PasskeyPerson;
  before(async () => {
    old = await openTestHouse({ site: { rpId: 'old.example.com', origins: [OLD] } });
    const there = { ...old, origin: OLD, arrival: () => old.arrival({ origin: OLD }) };
    ada = await passkeyPerson(there, 'ada');
    root = await passkeyPerson(there, 'root', ['administrator']);
    now = await old.beside({ site: { rpId: 'new.example.com', origins: [NEW] } });
  });
  after(() => old.close());

  const here = () => now.arrival({ origin: NEW });
  const kinds = (challenges: readonly { readonly kind: string }[]) =>
    challenges.map(({ kind }) => kind);

  /** What is asked for after the password. */
  async function afterPassword(house: TestHouse, { identifier, password }: PasskeyPerson) {
    const arrival = house.arrival({ origin: house === now ? NEW : OLD });
    const { gate } = house.house;
    const { token } = challenged(await gate.ask({ to: 'signIn', identifier }, arrival));
    return gate.prove(token, { kind: 'password', data: { password } }, arrival);
  }

  it('is no rung of anybody’s ladder, and still one where it was made', async () => {
    assert.deepEqual(kinds(challenged(await afterPassword(now, ada)).challenges), [
      'totp',
      'recovery',
    ]);
    assert.ok(kinds(challenged(await afterPassword(old, ada)).challenges).includes('webauthn'));
  });

  it('lets nobody be asked for what they can’t show, where policy wants what can’t be phished', async () => {
    const refused = await afterPassword(now, root);
    assert.equal(refused.state, 'refused', JSON.stringify(refused));
    assert.equal(refused.state === 'refused' && refused.reason, 'not-permitted');
    challenged(await afterPassword(old, root));
  });

  it('keeps a password and a code from changing what its owner holds, and a pass leads to a new one', async () => {
    const { session } = await signIn(now, ada, here());
    const { enrolments, portal } = now.house;
    const passkey = async () => {
      const proofs = await portal.proofs(session.token, here());
      assert.equal(proofs.state, 'done');
      const own = proofs.state === 'done' ? proofs.value : [];
      assert.ok(own.every(({ kind, otherHost }) => kind === 'webauthn' || otherHost === undefined));
      return own.find(({ otherHost }) => otherHost === 'old.example.com') ?? assert.fail();
    };
    const { id } = await passkey();
    const begun = await enrolments.begin(session.token, 'webauthn', undefined, here());
    assert.equal(begun.state === 'refused' && begun.reason, 'not-permitted');
    const removed = await portal.removeProof(session.token, id, here());
    assert.equal(removed.state === 'refused' && removed.reason, 'not-permitted');
    assert.equal((await passkey()).id, id);
    const refused = (await events(now)).filter(({ type }) => type === 'access.refused');
    assert.ok(refused.length >= 2, JSON.stringify(refused));

    const newcomer = { ...now, arrival: here };
    const token = await comeWithPass(newcomer, ada.identifier, await issuePass(now, ada.id));
    const offered = await enrolments.begin(token, 'webauthn', undefined, here());
    assert.equal(offered.state, 'done', JSON.stringify(offered));
  });

  it('makes nobody an administrator whom new policies may rely on', async () => {
    const count = async (house: TestHouse) =>
      (await house.house.store.read((q) => administratorsOf(q, house.house))).map(
        ({ presentable }) => presentable.filter(({ kind }) => kind === 'webauthn').length,
      );
    assert.deepEqual(await count(now), [0]);
    assert.deepEqual(await count(old), [1]);
  });

  it('is told with its host to whoever looks after people', async () => {
    const told = async (house: TestHouse, origin: string) => {
      const shown = await housePeople(house.house, origin).show(root.id);
      assert.ok(shown.ok);
      return shown.value.proofs.map(({ kind, otherHost }) => [kind, otherHost]);
    };
    const others = ['password', 'totp', 'recovery'].map((kind) => [kind, undefined]);
    const sorted = (all: unknown[][]) => all.map(String).sort();
    assert.deepEqual(
      sorted(await told(now, NEW)),
      sorted([...others, ['webauthn', 'old.example.com']]),
    );
    assert.deepEqual(sorted(await told(old, OLD)), sorted([...others, ['webauthn', undefined]]));
  });
});
