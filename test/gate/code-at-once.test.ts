/**
 * A code that follows its password is judged by what was kept of that step, and settled in one transaction. That must give away
 * nothing that the longer way keeps: throttles, one use, the attempt's own way, and the record.
 */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Arrival } from '../../server/gate/arrival.ts';
import type { Outcome } from '../../server/gate/outcome.ts';
import { personStands } from '../../server/gate/standing-table.ts';
import { shippedPolicies } from '../../server/policy/shipped.ts';
import type { Tx } from '../../server/store/store.ts';
import { count, eventsOf } from '../support/events.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { challenged, enrolledPerson, granted, type TestPerson } from '../support/people.ts';

/** Of the form of one. */
const WRONG_RECOVERY = 'AAAAA-AAAAA';

describe('a code right after its password', () => {
  let test: TestHouse;
  let ada: TestPerson;
  beforeEach(async () => {
    test = await openTestHouse();
    ada = await enrolledPerson(test, 'ada');
    test.clock.advance(60_000);
  });
  afterEach(() => test.close());

  async function password(arrival: Arrival): Promise<string> {
    const { gate } = test.house;
    const asked = { to: 'signIn', identifier: ada.identifier } as const;
    const { token } = challenged(await gate.ask(asked, arrival));
    const offer = { kind: 'password', data: { password: ada.password } } as const;
    challenged(await gate.prove(token, offer, arrival));
    return token;
  }
  const prove = (token: string, code: string, arrival: Arrival) =>
    test.house.gate.prove(token, { kind: 'totp', data: { code } }, arrival);
  const other = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0');
  const reason = (outcome: Outcome) =>
    outcome.state === 'refused' ? outcome.reason : outcome.state;
  function sum(outcomes: readonly Outcome[]) {
    const sums: Record<string, number> = {};
    for (const one of outcomes) sums[reason(one)] = (sums[reason(one)] ?? 0) + 1;
    return sums;
  }

  it('is one transaction, with its event', async () => {
    const arrival = test.arrival();
    const token = await password(arrival);
    const { store } = test.house;
    const { write } = store;
    let writes = 0;
    Object.assign(store, {
      write(...given: Parameters<typeof write>) {
        writes += 1;
        return write(...given);
      },
    });
    const seen = await eventsOf(test, async () => {
      granted(await prove(token, ada.totp.code(), arrival));
    });
    assert.equal(writes, 1);
    assert.equal(count(seen, 'signin.granted'), 1);
  });

  /** How often a transaction asks whether its person is as they were. */
  function countAsked(): () => number {
    const { store } = test.house;
    const { write } = store;
    let asked = 0;
    Object.assign(store, {
      write: (...[work, options]: Parameters<typeof write>) =>
        write((tx) => {
          const expect: Tx['expect'] = (statement, parameters, otherwise) => {
            if (statement === personStands) asked += 1;
            tx.expect(statement, parameters, otherwise);
          };
          return work({ ...tx, expect });
        }, options),
    });
    return () => asked;
  }

  it('is asked whether its person stands only once that may have changed, where that is known', async (t) => {
    if (test.house.store.dialect !== 'sqlite') return t.skip('PostgreSQL has no mark');
    const asked = countAsked();
    const first = test.arrival();
    granted(await prove(await password(first), ada.totp.code(), first));
    assert.equal(asked(), 0);
    test.clock.advance(60_000);
    const second = test.arrival();
    const token = await password(second);
    await enrolledPerson(test, 'grace');
    granted(await prove(token, ada.totp.code(), second));
    assert.equal(asked(), 1);
  });

  it('lets nobody in who was disabled after the password, by this process or another', async () => {
    const disable = { by: { door: 'cli' } } as const;
    for (const store of [test.house.store, test.test.another()]) {
      const arrival = test.arrival();
      const token = await password(arrival);
      await store.write((tx) => test.house.people.setStatus(tx, ada.id, 'disabled', disable.by));
      assert.equal(reason(await prove(token, ada.totp.code(), arrival)), 'wrong');
      await store.write((tx) => test.house.people.setStatus(tx, ada.id, 'active', disable.by));
      test.clock.advance(60_000);
    }
  });

  it('is good once, for whichever of two attempts is first', async () => {
    const ways = [test.arrival(), test.arrival()] as const;
    const tokens = [await password(ways[0]), await password(ways[1])] as const;
    const code = ada.totp.code();
    const outcomes = await Promise.all([
      prove(tokens[0], code, ways[0]),
      prove(tokens[1], code, ways[1]),
    ]);
    assert.deepEqual(sum(outcomes), { granted: 1, used: 1 });
  });

  it('is good once, for whichever of two requests of one attempt is first', async () => {
    const arrival = test.arrival();
    const token = await password(arrival);
    const code = ada.totp.code();
    const outcomes = await Promise.all([prove(token, code, arrival), prove(token, code, arrival)]);
    assert.equal(outcomes.filter(({ state }) => state === 'granted').length, 1);
  });

  it('comes by the way on which the attempt began, or not at all', async () => {
    const arrival = test.arrival();
    const token = await password(arrival);
    const code = ada.totp.code();
    const astray = { ...arrival, channel: 'another' };
    assert.equal(reason(await prove(token, code, astray)), 'attempt-over');
    const forged = `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`;
    assert.equal(reason(await prove(forged, code, arrival)), 'attempt-over');
    granted(await prove(token, code, arrival));
  });

  it('that was wrong counts like any guess, in many attempts at once too', async () => {
    const ways = Array.from({ length: 20 }, () => test.arrival());
    const tokens: string[] = [];
    for (const way of ways) tokens.push(await password(way));
    const wrong = other(ada.totp.code());
    const seen = await eventsOf(test, async () => {
      const outcomes = await Promise.all(tokens.map((token, i) => prove(token, wrong, ways[i]!)));
      assert.deepEqual(sum(outcomes), { wrong: 5, throttled: 15 });
    });
    assert.ok(count(seen, 'throttle.engaged') > 0);
  });

  it('waits while guesses at the account have to', async () => {
    const arrival = test.arrival();
    const token = await password(arrival);
    for (let i = 0; i < 5; i++) {
      const way = test.arrival();
      const asked = { to: 'signIn', identifier: ada.identifier } as const;
      const guess = challenged(await test.house.gate.ask(asked, way)).token;
      const offer = { kind: 'password', data: { password: `guess number ${i}` } } as const;
      assert.equal(reason(await test.house.gate.prove(guess, offer, way)), 'wrong');
    }
    assert.equal(reason(await prove(token, ada.totp.code(), arrival)), 'throttled');
    test.clock.advance(60_000);
    granted(await prove(token, ada.totp.code(), arrival));
  });

  it('takes back no guess that was counted before it, where a third proof is asked for', async () => {
    await activateThird(test);
    const guess = async () => {
      const arrival = test.arrival();
      const token = await password(arrival);
      challenged(await prove(token, ada.totp.code(), arrival));
      const offer = { kind: 'recovery', data: { code: WRONG_RECOVERY } } as const;
      assert.equal(reason(await test.house.gate.prove(token, offer, arrival)), 'wrong');
    };
    const seen = await eventsOf(test, async () => {
      for (let i = 0; i < 5; i++) {
        await guess();
        test.clock.advance(30_000);
      }
    });
    assert.equal(count(seen, 'throttle.engaged'), 1);
  });

  it('is asked for again after a wrong one', async () => {
    const arrival = test.arrival();
    const token = await password(arrival);
    assert.equal(reason(await prove(token, other(ada.totp.code()), arrival)), 'wrong');
    granted(await prove(token, ada.totp.code(), arrival));
  });
});

/** The policies as shipped, and one that wants a recovery code on top of the two kinds. */
async function activateThird({ house }: TestHouse): Promise<void> {
  const { policies, store } = house;
  const third = `@id("third") @because("A recovery code is asked for, too.")
    forbid (principal, action == Action::"signIn", resource)
    unless { principal in Role::"administrator" || context.proven.methods.containsAll(["password", "totp", "recovery"]) };`;
  const prepared = await policies.prepare({ ...shippedPolicies(), 'third.cedar': third });
  const activated = await store.write((tx) =>
    policies.activate(tx, prepared, { by: { door: 'cli' }, administrators: [] }),
  );
  assert.equal(activated.state, 'activated', JSON.stringify(activated));
}
