/** Nobody takes away the only administrator by mistake: whoever is at the machine may, and says so. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { PersonId } from '../../server/kernel/id.ts';
import { writeOrUndo } from '../../server/store/undo.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { addPerson } from '../support/people.ts';

const BY = { door: 'cli' } as const;

describe('the only administrator', () => {
  let test: TestHouse;
  let boss: PersonId;
  beforeEach(async () => {
    test = await openTestHouse();
    boss = await activeAdministrator('boss');
  });
  afterEach(() => test.close());

  async function activeAdministrator(name: string): Promise<PersonId> {
    const id = await addPerson(test, name, ['administrator']);
    const { store, people } = test.house;
    assert.ok((await store.write((tx) => people.setStatus(tx, id, 'active', BY))).ok);
    return id;
  }

  const { disable, erase, demote } = {
    disable: (id: PersonId, force = false) =>
      writeOrUndo(test.house.store, (tx) => test.house.acts.disable(tx, id, BY, { force })),
    erase: (id: PersonId, force = false) =>
      writeOrUndo(test.house.store, (tx) => test.house.acts.erase(tx, id, BY, { force })),
    demote: (id: PersonId) =>
      writeOrUndo(test.house.store, (tx) => test.house.acts.change(tx, id, { roles: [] }, BY)),
  };
  const acts = [disable, erase, demote];

  const bossNow = () => test.house.store.read((q) => test.house.people.get(q, boss));

  it('stays who they are, while others who could administer have not come in yet', async () => {
    await addPerson(test, 'enrolling', ['administrator']);
    const { store, people } = test.house;
    const gone = await activeAdministrator('gone');
    assert.ok((await store.write((tx) => people.setStatus(tx, gone, 'disabled', BY))).ok);
    await addPerson(test, 'somebody', ['operator']);
    for (const act of acts) {
      assert.deepEqual(await act(boss), { ok: false, error: { code: 'last-administrator' } });
    }
    const { status, roles } = (await bossNow()) ?? assert.fail();
    assert.deepEqual([status, roles], ['active', ['administrator']]);
  });

  it('stays while still setting up, as long as nobody else is', async () => {
    assert.ok((await disable(boss, true)).ok);
    const newcomer = await addPerson(test, 'newcomer', ['administrator']);
    for (const act of acts) {
      assert.deepEqual(await act(newcomer), { ok: false, error: { code: 'last-administrator' } });
    }
    await activeAdministrator('other');
    assert.ok((await disable(newcomer)).ok);
  });

  it('can go once there is another', async () => {
    for (const act of acts) {
      const other = await activeAdministrator(`other-${acts.indexOf(act)}`);
      assert.ok((await act(other)).ok);
    }
  });

  it('can go at the word of whoever is at the machine', async () => {
    assert.ok((await disable(boss, true)).ok);
    assert.equal((await bossNow())?.status, 'disabled');
    // Who is out already can be erased like anybody.
    assert.ok((await erase(boss)).ok);
  });

  it('may be changed in all else', async () => {
    const { store, acts: doing } = test.house;
    for (const change of [{ displayName: 'The boss' }, { roles: ['administrator', 'auditor'] }]) {
      const done = await store.write((tx) => doing.change(tx, boss, change as object, BY));
      assert.ok(done.ok);
    }
  });

  it('is one of two who put each other out at the same moment', async () => {
    const other = await activeAdministrator('other');
    const done = await Promise.all([disable(boss), disable(other)]);
    assert.deepEqual(done.map(({ ok }) => ok).sort(), [false, true]);
  });
});
