/** What changes between the moment that a proof is looked at and the one in which it counts. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { Outcome } from '../../server/gate/outcome.ts';
import { removeKind } from '../../server/proofs/held-proofs.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { challenged, enrolledPerson, granted, type TestPerson } from '../support/people.ts';

const BY = { door: 'cli' } as const;

const ways = [
  { of: 'with what was kept of the password', after: 30_000 },
  { of: 'so late that all is read again', after: 180_000 },
];

for (const way of ways) {
  describe(`while a code is looked at, ${way.of}`, () => {
    let test: TestHouse;
    let ada: TestPerson;
    let meanwhile: () => Promise<unknown>;
    let number = 0;
    before(async () => {
      test = await openTestHouse();
      const { totp } = test.house.proofs;
      const verify = totp.verify.bind(totp);
      Object.assign(totp, {
        async verify(...given: Parameters<typeof verify>) {
          const verdict = await verify(...given);
          await meanwhile();
          return verdict;
        },
      });
    });
    after(() => test.close());
    beforeEach(async () => {
      meanwhile = async () => {};
      number += 1;
      ada = await enrolledPerson(test, `ada${number}`);
    });

    async function signIn(): Promise<Outcome> {
      const { gate } = test.house;
      const arrival = test.arrival();
      const asked = { to: 'signIn', identifier: ada.identifier } as const;
      const { token } = challenged(await gate.ask(asked, arrival));
      const password = { kind: 'password', data: { password: ada.password } } as const;
      challenged(await gate.prove(token, password, arrival));
      test.clock.advance(way.after);
      return gate.prove(token, { kind: 'totp', data: { code: ada.totp.code() } }, arrival);
    }
    /** Once, however often the code is looked at. */
    function change(work: () => Promise<unknown>) {
      let done = false;
      meanwhile = async () => {
        if (!done) await work();
        done = true;
      };
    }

    it('nothing changes, and they are let in', async () => {
      granted(await signIn());
    });

    it('a group of theirs changes, and they are let in as who they are now', async () => {
      const { people } = test.house;
      change(() =>
        test.house.store.write((tx) => people.change(tx, ada.id, { groups: ['night-shift'] }, BY)),
      );
      granted(await signIn());
    });

    it('they become an administrator, and more is asked of them than of who they were', async () => {
      const { people } = test.house;
      change(() =>
        test.house.store.write((tx) => people.change(tx, ada.id, { roles: ['administrator'] }, BY)),
      );
      assert.notEqual((await signIn()).state, 'granted');
    });

    it('they are disabled, and are not let in', async () => {
      const { people } = test.house;
      change(() => test.house.store.write((tx) => people.setStatus(tx, ada.id, 'disabled', BY)));
      assert.equal((await signIn()).state, 'refused');
    });

    it('the password that was shown is taken away, and they are not let in', async () => {
      change(() => test.house.store.write((tx) => removeKind(tx, ada.id, 'password')));
      assert.deepEqual(await signIn(), { state: 'refused', reason: 'attempt-over' });
    });
  });
}
