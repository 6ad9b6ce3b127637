/** The link for the first administrator: one person whoever asks for it at once, and none once there is an administrator. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { PersonId } from '../../server/kernel/id.ts';
import { firstAdministratorLink } from '../../server/main/start/first-administrator.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { addPerson, challenged } from '../support/people.ts';

describe('the link for the first administrator', () => {
  let test: TestHouse;
  beforeEach(async () => {
    test = await openTestHouse();
  });
  afterEach(() => test.close());

  const link = () => firstAdministratorLink(test.house, 'http://localhost:8080');
  const everyone = () => test.house.store.read((q) => test.house.people.list(q, { limit: 100 }));

  /** Whether someone comes in with a link. */
  async function opens(address: string): Promise<boolean> {
    const [id = '', code = ''] = address.slice(address.lastIndexOf('/') + 1).split('.');
    const { gate } = test.house;
    const arrival = test.arrival();
    const asked = await gate.ask({ to: 'enrol', who: { id: id as PersonId } }, arrival);
    const outcome = await gate.prove(
      challenged(asked).token,
      { kind: 'pass', data: { code } },
      arrival,
    );
    return outcome.state === 'granted';
  }

  it('leads in, and the one made after it takes its place', async () => {
    const [first, second] = [await link(), await link()];
    assert.ok(first && second);
    assert.equal(await opens(first), false);
    assert.equal(await opens(second), true);
    assert.equal((await everyone()).length, 1);
  });

  it('makes one person, though two nodes start at once', async () => {
    const links = (await Promise.all([link(), link(), link()])).filter((each) => each);
    assert.equal((await everyone()).length, 1);
    assert.ok(links.length > 0);
    const opened = await Promise.all(links.map((each) => opens(each ?? '')));
    assert.equal(opened.filter(Boolean).length, 1);
  });

  it('is not given once there is an administrator', async () => {
    const id = await addPerson(test, 'boss', ['administrator']);
    assert.ok(await link());
    const { store, people } = test.house;
    await store.write((tx) => people.setStatus(tx, id, 'active', { door: 'cli' }));
    assert.equal(await link(), undefined);
  });

  it('is not given while somebody else has its name, and nobody is added in vain', async () => {
    await addPerson(test, 'admin');
    assert.equal(await link(), undefined);
    assert.equal((await everyone()).length, 1);
  });
});
