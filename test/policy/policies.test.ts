import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { SallyportEvent } from '@sallyport/contract/events.ts';
import type { Fault } from '../../server/kernel/fault.ts';
import type { PersonId } from '../../server/kernel/id.ts';
import { loadCedar } from '../../server/policy/cedar.ts';
import { createEngine } from '../../server/policy/engine.ts';
import { type Activation, createPolicies, type Policies } from '../../server/policy/policies.ts';
import type { PolicyFiles } from '../../server/policy/policy-files.ts';
import { shippedPolicies } from '../../server/policy/shipped.ts';
import { createVet } from '../../server/policy/vet.ts';
import type { EventId } from '../../server/record/leaf.ts';
import { tables } from '../../server/store/statement.ts';
import { manualClock } from '../support/clock.ts';
import { openTestStore, type TestStore } from '../support/store.ts';
import {
  about,
  allClasses,
  ask,
  FRESH_FOR,
  now,
  office,
  passkey,
  password,
  person,
  totp,
} from './policy-support.ts';

const t = tables<{ policy_set: { version: number; files: string; sha256: string } }>();
const damage = t.statement((db, p: { files: string }) =>
  db.updateTable('policy_set').set({ files: p.files }),
);
const mend = t.statement((db, p: { files: string; sha256: string }) =>
  db.updateTable('policy_set').set({ files: p.files, sha256: p.sha256 }),
);
const undo = t.statement((db) => db.deleteFrom('policy_set'));
const texts = t.statement((db) => db.selectFrom('policy_set').selectAll());

const officeOnly: PolicyFiles = {
  ...shippedPolicies(),
  'office.cedar': `
    @id("office-only")
    @because("Sign in from the office.")
    forbid (principal, action == Action::"signIn", resource)
    unless { context.trustedNetwork };
  `,
};
const nobody: PolicyFiles = {
  'nobody.cedar': '@id("nobody") @because("Closed.") forbid (principal, action, resource);',
};
const wrong: PolicyFiles = {
  'wrong.cedar': '@id("w") @because("w") permit (principal in Role::"boss", action, resource);',
};

describe('the policies in force', () => {
  const clock = manualClock();
  const actor = 'admin-1' as PersonId;
  const administrator = { principal: person(['administrator'], actor), presentable: [passkey] };
  const activation: Activation = { by: { actor }, administrators: [administrator] };
  let test: TestStore;
  let events: SallyportEvent[];
  let faults: Fault[];

  function node(): Policies {
    const report = (fault: Fault) => void faults.push(fault);
    return createPolicies({
      engine: createEngine({ load: loadCedar, report }),
      vet: createVet(),
      shipped: shippedPolicies(),
      record: {
        append: async (tx, event) => {
          tx.afterCommit(() => events.push(event));
          return 'event' as EventId;
        },
      },
      clock,
      freshFor: FRESH_FOR,
      report,
    });
  }
  const current = (policies: Policies) => test.store.read((q) => policies.current(q));
  async function activate(policies: Policies, files: PolicyFiles, over: Partial<Activation> = {}) {
    const prepared = await policies.prepare(files);
    return test.store.write((tx) => policies.activate(tx, prepared, { ...activation, ...over }));
  }
  const outside = ask(person(), 'signIn', undefined, { trustedNetwork: false });

  beforeEach(async () => {
    test = await openTestStore(clock);
    events = [];
    faults = [];
  });
  afterEach(() => test.close());

  it('are not activated where they could not be checked in time, and that goes on record', async () => {
    const policies = node();
    const late = { files: officeOnly, problems: [], late: true } as const;
    const done = await test.store.write((tx) => policies.activate(tx, late, activation));
    assert.deepEqual(done, { state: 'refused', reason: 'not-checked', problems: [] });
    assert.equal((await current(policies)).version, 0);
    assert.deepEqual(
      events.map(({ type, reason }) => [type, reason]),
      [['policy.refused', 'not-checked']],
    );
  });

  it('are the shipped ones until others are activated', async () => {
    const active = await current(node());
    assert.equal(active.version, 0);
    assert.equal(active.ladder(outside, [], [password, totp]).state, 'challenge');
    assert.equal(active.ladder(outside, now(password, totp), []).state, 'permitted');
  });

  it('change with the commit, on every node, and the change is on record', async () => {
    const [here, there] = [node(), node()];
    assert.equal((await current(there)).version, 0);
    assert.deepEqual(await activate(here, officeOnly), { state: 'activated', version: 1 });
    for (const policies of [here, there]) {
      const active = await current(policies);
      assert.equal(active.version, 1);
      assert.equal(active.ladder(outside, now(password, totp), []).state, 'refused');
    }
    const [row] = await test.store.read((q) => q.all(texts, {}));
    assert.deepEqual(events, [
      {
        actor,
        type: 'policy.activated',
        outcome: 'done',
        data: {
          version: '1',
          previous: '0',
          policies: Object.values(officeOnly).join().split('@id(').length - 1,
          sha256: row?.sha256,
        },
      },
    ]);
    const kept = await test.store.read((q) => here.files(q));
    assert.deepEqual(kept.ok && kept.value, { version: 1, files: officeOnly });
  });

  it('stay as they were when the transaction fails', async () => {
    const policies = node();
    const prepared = await policies.prepare(officeOnly);
    await assert.rejects(
      test.store.write(async (tx) => {
        await policies.activate(tx, prepared, activation);
        assert.equal((await policies.current(tx)).version, 1);
        throw new Error('disk full');
      }),
    );
    assert.equal((await current(policies)).version, 0);
    assert.deepEqual(events, []);
    // Its number is taken by others, which are then in force.
    assert.deepEqual(await activate(policies, shippedPolicies()), {
      state: 'activated',
      version: 1,
    });
    assert.deepEqual((await current(policies)).explain(['office-only']), []);
  });

  it('have room for what is wrong with them on record, however long and much it is', async () => {
    const long = '\u{1f600}'.repeat(1500);
    const files = Object.fromEntries(
      Array.from({ length: 40 }, (_, n) => [
        `wrong-${n}.cedar`,
        `@id("w${n}") @because("w") permit (principal in Role::"${long}${n}", action, resource);`,
      ]),
    );
    const policies = node();
    const prepared = await policies.prepare(files);
    const refused = await test.store.write((tx) => policies.activate(tx, prepared, activation));
    assert.ok(refused.state === 'refused' && refused.problems.length >= 40);
    const event = events.at(-1);
    assert.ok(event?.type === 'policy.refused');
    assert.equal(event.data.errors.length, 32);
    assert.ok(Buffer.byteLength(JSON.stringify(event.data)) < 60_000);
  });

  it('stay as they were when what is offered has an error, and the refusal is on record', async () => {
    const policies = node();
    const answer = await activate(policies, wrong);
    assert.equal(answer.state === 'refused' && answer.reason, 'not-valid');
    assert.equal((await current(policies)).version, 0);
    const [event] = events;
    assert.ok(event?.type === 'policy.refused');
    assert.equal(event.reason, 'not-valid');
    assert.match(event.data.errors[0] ?? '', /^wrong\.cedar, line 1: .*"boss"/);
  });

  it('are refused when they would lock out every administrator', async () => {
    const policies = node();
    const answer = await activate(policies, nobody);
    assert.equal(answer.state === 'refused' && answer.reason, 'would-lock-out');
    assert.equal(events[0]?.reason, 'would-lock-out');

    const hardware: PolicyFiles = {
      ...shippedPolicies(),
      'hardware.cedar': `
        @id("hardware-for-administrators")
        @because("Administrators use a security key.")
        forbid (principal in Role::"administrator", action, resource)
        unless { context.proven.hardwareBound };
      `,
    };
    assert.equal((await activate(policies, hardware)).state, 'refused');
    const another = {
      principal: person(['administrator'], 'admin-2'),
      presentable: [{ ...passkey, hardwareBound: true }],
    };
    const both = [administrator, another];
    assert.equal((await activate(policies, hardware, { administrators: both })).state, 'activated');
    assert.equal((await current(policies)).version, 1);
  });

  it('are refused when not even the strongest proof would help, while nobody can administer', async () => {
    const policies = node();
    const nobodyYet = { administrators: [] };
    const answer = await activate(policies, nobody, nobodyYet);
    assert.equal(answer.state === 'refused' && answer.reason, 'would-lock-out');
    assert.equal((await activate(policies, officeOnly, nobodyYet)).state, 'activated');
  });

  it('may depend on where administrators come from, as long as one can', async () => {
    const policies = node();
    const oneAddress: PolicyFiles = {
      ...shippedPolicies(),
      'address.cedar': `
        @id("from-the-plant")
        @because("Administration is done from the plant.")
        forbid (principal in Role::"administrator", action, resource)
        unless { context.source.isInRange(ip("10.1.0.0/16")) };
      `,
    };
    assert.equal((await activate(policies, oneAddress)).state, 'refused');
    const circumstances = [office];
    assert.equal((await activate(policies, oneAddress, { circumstances })).state, 'activated');
  });

  it('are not overwritten by who made theirs from an older version', async () => {
    const policies = node();
    assert.equal((await activate(policies, officeOnly, { expected: 0 })).state, 'activated');
    const late = await activate(policies, shippedPolicies(), { expected: 0 });
    assert.equal(late.state === 'refused' && late.reason, 'changed-meanwhile');
    assert.equal((await current(policies)).version, 1);
  });

  it('keep a decision that was asked before from outliving its version', async () => {
    const policies = node();
    const older = await current(policies);
    assert.equal(older.ladder(outside, now(password, totp), []).state, 'permitted');
    await activate(policies, officeOnly);
    const newer = await current(policies);
    assert.equal(newer.ladder(outside, now(password, totp), []).state, 'refused');
    await activate(policies, shippedPolicies());
    assert.equal(
      (await current(policies)).ladder(outside, now(password, totp), []).state,
      'permitted',
    );
    // Whoever still holds a version that is two behind is refused what was not decided before.
    const unasked = ask(person([], 'x'), 'readSelf');
    assert.equal(older.ladder(unasked, now(password, totp), []).state, 'refused');
    assert.equal(newer.ladder(unasked, now(password, totp), []).state, 'permitted');
  });

  it('refuse everything when they can not be read, say so, and are good again when mended', async () => {
    const policies = node();
    await activate(policies, officeOnly);
    const [row] = await test.store.read((q) => q.all(texts, {}));
    assert.ok(row);
    const inside = ask(person(), 'signIn');
    assert.equal(
      (await current(policies)).ladder(inside, now(password, totp), []).state,
      'permitted',
    );

    await test.store.write((tx) => tx.run(damage, { files: row.files.replace('unless', 'when') }));
    const other = node();
    const active = await current(other);
    assert.match(active.fault ?? '', /does not match its hash/);
    const answer = active.ladder(inside, now(passkey), [...allClasses]);
    assert.equal(answer.state === 'refused' && answer.reason, 'fault');
    assert.equal(faults.length, 1);
    await current(other);
    assert.equal(faults.length, 1);

    await test.store.write((tx) => tx.run(mend, { files: row.files, sha256: row.sha256 }));
    clock.advance(5000);
    assert.equal((await current(other)).fault, undefined);
  });

  it('are read again where the database is an older copy, and their version was made anew of other files', async () => {
    const [one, other] = [node(), node()];
    await activate(one, officeOnly);
    const of = async (policies: Policies) =>
      (await current(policies)).ladder(outside, now(password, totp), []).state;
    assert.equal(await of(one), 'refused');
    // The copy is of before, and another node makes the version of the same number.
    await test.store.write((tx) => tx.run(undo, {}));
    assert.equal((await activate(other, shippedPolicies())).state, 'activated');
    assert.equal(await of(other), 'permitted');
    one.readAgain();
    assert.equal(await of(one), 'permitted');
  });

  it('can be replaced while they can not be read', async () => {
    const policies = node();
    await activate(policies, officeOnly);
    await test.store.write((tx) => tx.run(damage, { files: '{}' }));
    const other = node();
    assert.ok((await current(other)).fault);
    assert.deepEqual(await activate(other, shippedPolicies()), { state: 'activated', version: 2 });
    assert.equal((await current(other)).fault, undefined);
  });

  it('explain themselves in the words of their authors', async () => {
    const active = await current(node());
    const [first] = active.explain(['people-sign-in', 'two-kinds', 'unknown']);
    assert.deepEqual(first, {
      id: 'two-kinds',
      effect: 'forbid',
      because:
        'Two kinds of proof are needed: something you know, something you have, something you are.',
      file: 'people.cedar',
      line: first?.line,
      text: first?.text,
    });
  });

  it('tell what would happen, why, and what would be missing', async () => {
    const policies = node();
    const active = await current(policies);
    const question = {
      request: ask(person(['administrator']), 'signIn'),
      shown: [],
      presentable: [password, totp],
      existing: allClasses,
    };
    const simulation = active.simulate(question);
    assert.equal(simulation.answer.state, 'refused');
    assert.deepEqual(
      simulation.deciding.map(({ id }) => id),
      ['phishing-resistant-for-roles'],
    );
    assert.deepEqual(
      simulation.missing.map(({ kinds }) => kinds),
      [['webauthn'], ['webauthn']],
    );
    const drafted = policies.whatIf(await policies.prepare(nobody), question);
    assert.deepEqual(drafted?.missing, []);
    assert.equal(policies.whatIf(await policies.prepare(wrong), question), undefined);
    const late = { files: nobody, problems: [], late: true } as const;
    assert.equal(policies.whatIf(late, question), undefined);
    assert.equal((await current(policies)).version, 0);
    assert.equal(
      active.ladder(ask(person(['operator']), 'pass.issue', about()), now(passkey), []).state,
      'permitted',
    );
  });
});
