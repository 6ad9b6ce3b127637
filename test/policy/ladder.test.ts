import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { climb } from '../../server/policy/ladder.ts';
import { shippedPolicies } from '../../server/policy/shipped.ts';
import type { ProofClass } from '../../server/proofs/proof.ts';
import {
  allClasses,
  arbPolicies,
  arbPolicy,
  arbRequest,
  arbShown,
  ask,
  deciderOf,
  engineForTest,
  now,
  pass,
  passkey,
  password,
  person,
  recovery,
  totp,
  writePolicies,
} from './policy-support.ts';

/** Every set of one to three of a list. */
function setsOf(classes: readonly ProofClass[]): ProofClass[][] {
  const sets: ProofClass[][] = [];
  for (let bits = 1; bits < 1 << classes.length; bits += 1) {
    const set = classes.filter((_, index) => bits & (1 << index));
    if (set.length <= 3) sets.push(set);
  }
  return sets;
}

const within = (part: readonly ProofClass[], whole: readonly ProofClass[]) =>
  part.every((one) => whole.includes(one));

describe('the ladder', () => {
  const engine = engineForTest();
  const arbPresentable = fc.subarray([...allClasses]);

  it('has exactly the smallest sets that Cedar permits as its rungs', () => {
    fc.assert(
      fc.property(
        fc.oneof(arbPolicies.map(writePolicies), fc.constant(shippedPolicies())),
        arbRequest,
        arbShown,
        arbPresentable,
        (files, request, shown, presentable) => {
          const answer = climb(deciderOf(engine, files), request, shown, presentable);
          const bare = deciderOf(engine, files, 0);
          const permits = (set: readonly ProofClass[]) =>
            bare.decide(request, [...shown, ...now(...set)]).effect === 'permit';
          if (permits([])) {
            assert.equal(answer.state, 'permitted');
            return;
          }
          const permitted = setsOf(presentable).filter(permits);
          const smallest = permitted.filter(
            (set) => !permitted.some((other) => other !== set && within(other, set)),
          );
          const rungs = answer.state === 'challenge' ? answer.rungs : [];
          const form = (sets: readonly (readonly ProofClass[])[]) =>
            sets
              .map((set) =>
                set
                  .map((one) => allClasses.indexOf(one))
                  .sort()
                  .join(),
              )
              .sort();
          assert.deepEqual(form(rungs.map(({ proofs }) => proofs)), form(smallest));
          assert.equal(answer.state, smallest.length > 0 ? 'challenge' : 'refused');
          const efforts = rungs.map(({ effort }) => effort);
          assert.deepEqual(
            efforts,
            efforts.toSorted((a, b) => a - b),
          );
        },
      ),
      { numRuns: process.env.SLOW ? 1500 : 150 },
    );
  });

  it('never grants more, in any way, when a forbid is added', () => {
    fc.assert(
      fc.property(
        arbPolicies,
        arbPolicy,
        arbRequest,
        arbShown,
        (policies, added, request, shown) => {
          const before = deciderOf(engine, writePolicies(policies));
          const after = deciderOf(
            engine,
            writePolicies([...policies, { ...added, effect: 'forbid' }]),
          );
          if (after.decide(request, shown).effect === 'permit') {
            assert.equal(before.decide(request, shown).effect, 'permit');
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('offers the least effort first, and names each kind once', () => {
    const decider = deciderOf(engine, shippedPolicies());
    const answer = climb(
      decider,
      ask(person(), 'signIn'),
      [],
      [recovery, totp, password, passkey, { ...passkey }],
    );
    assert.ok(answer.state === 'challenge');
    assert.deepEqual(
      answer.rungs.map(({ kinds }) => kinds),
      [['webauthn'], ['password', 'totp'], ['password', 'recovery']],
    );
    assert.deepEqual(answer.policies, ['two-kinds']);
  });

  it('says what forbids it for good, not what could still be shown', () => {
    const decider = deciderOf(engine, shippedPolicies());
    const administrator = person(['administrator']);
    const answer = climb(decider, ask(administrator, 'signIn'), [], [password, totp, pass]);
    assert.deepEqual(answer, {
      state: 'refused',
      reason: 'forbidden',
      policies: ['phishing-resistant-for-roles'],
      errors: [],
    });
  });

  it('tells a want of permission, a prohibition and a fault apart', () => {
    const permit = (when: string) =>
      deciderOf(
        engine,
        writePolicies([
          { effect: 'permit', scope: 'principal, action, resource', when: [when], unless: [] },
        ]),
      );
    const request = ask(person(), 'readSelf', undefined, { source: 'nowhere' });
    const unpermitted = climb(permit('context.door == "none"'), request, [], [password]);
    assert.equal(unpermitted.state === 'refused' && unpermitted.reason, 'not-permitted');
    const faulty = climb(permit('context.source.isIpv4()'), request, [], [password]);
    assert.equal(faulty.state === 'refused' && faulty.reason, 'fault');
  });
});
