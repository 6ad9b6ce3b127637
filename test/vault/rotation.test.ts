import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { openRotated, type Person, type Rotated } from './rotated.ts';

describe('a rotation', () => {
  let test: Rotated['test'];
  let vault: Rotated['vault'];
  let people: Rotated['people'];
  let allOpens: Rotated['allOpens'];
  let isComplete: Rotated['isComplete'];
  beforeEach(async () => {
    ({ test, vault, people, allOpens, isComplete } = await openRotated());
  });
  afterEach(() => test.close());

  it('puts every data key under a new ring key and destroys the old one', async () => {
    const outcome = await vault.rotation.rotate();
    assert.deepEqual(outcome, { state: 'finished', primary: 2, rewrapped: 10 });
    await isComplete(2);
    await allOpens();
    assert.deepEqual(
      test.events.map(({ type, data }) => [type, data.purpose, data.version, data.previous]),
      [
        ['key.created', 'ring', 2, undefined],
        ['key.rotated', 'ring', 2, 1],
        ['key.destroyed', 'ring', 1, undefined],
      ],
    );
  });

  it('tells how far it is, up to the end', async () => {
    const told: string[] = [];
    await vault.rotation.rotate({
      batch: 4,
      onProgress: ({ done, total }) => told.push(`${done}/${total}`),
    });
    assert.deepEqual(told, ['0/10', '4/10', '8/10', '10/10']);
  });

  it('leaves data keys alone that were destroyed, and erases them no less', async () => {
    const [gone, ...others] = people as [Person, ...Person[]];
    await test.store.write((tx) => vault.destroySubjectKey(tx, gone.id));
    people.splice(0, people.length, ...others);
    assert.deepEqual(await vault.rotation.rotate(), {
      state: 'finished',
      primary: 2,
      rewrapped: 9,
    });
    const fresh = await allOpens();
    assert.equal(await test.store.read((q) => fresh.subject(q, gone.id)), undefined);
  });
});
