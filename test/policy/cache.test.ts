import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { assess } from '../../server/policy/assurance.ts';
import { loadCedar } from '../../server/policy/cedar.ts';
import { createDecider } from '../../server/policy/decider.ts';
import { readPolicies } from '../../server/policy/policy-files.ts';
import { loadPolicies } from '../../server/policy/policy-set.ts';
import { narrow, toCedar } from '../../server/policy/question.ts';
import { leaves } from '../../server/policy/reads.ts';
import type { PolicyRequest, ShownProof } from '../../server/policy/request.ts';
import { policySchema } from '../../server/policy/shipped.ts';
import {
  arbPolicies,
  arbRequest,
  arbShown,
  ask,
  deciderOf,
  engineForTest,
  FRESH_FOR,
  now,
  passkey,
  person,
  writePolicies,
} from './policy-support.ts';

const everything = {
  context: (1 << leaves.length) - 1,
  named: new Map(),
  principal: true,
  resource: true,
};

/** What Cedar says to a request told in full, checked against the schema, with nothing kept. */
function reference(cedar: ReturnType<typeof loadCedar>, policies: Record<string, string>) {
  cedar.preparsePolicySet('reference', { staticPolicies: policies });
  return (request: PolicyRequest, shown: readonly ShownProof[]) => {
    const question = narrow(request, assess(shown, FRESH_FOR), everything);
    const answer = cedar.statefulIsAuthorized({
      ...toCedar(question, 'x'),
      preparsedSchemaName: 'schema',
      validateRequest: true,
      preparsedPolicySetId: 'reference',
    });
    if (answer.type !== 'success') throw new Error(answer.errors[0]?.message);
    const { decision, diagnostics } = answer.response;
    const refused = diagnostics.errors.length > 0;
    return {
      effect: decision === 'allow' && !refused ? 'permit' : 'forbid',
      policies: refused ? [] : diagnostics.reason.toSorted(),
    };
  };
}

describe('a kept decision', () => {
  const engine = engineForTest();
  const cedar = loadCedar();
  cedar.preparseSchema('schema', policySchema());

  it('is what Cedar says to the whole request, whatever was asked before', () => {
    fc.assert(
      fc.property(
        arbPolicies,
        fc.array(fc.tuple(arbRequest, arbShown), { minLength: 1, maxLength: 12 }),
        (policies, questions) => {
          const files = writePolicies(policies);
          const decider = deciderOf(engine, files);
          const texts = readPolicies(cedar, files).policies.map(({ id, text }) => [id, text]);
          const whole = reference(cedar, Object.fromEntries(texts));
          for (const [request, shown] of [...questions, ...questions]) {
            const { effect, policies: deciding } = decider.decide(request, shown);
            assert.deepEqual({ effect, policies: deciding }, whole(request, shown));
          }
        },
      ),
      { numRuns: process.env.SLOW ? 2500 : 200 },
    );
  });

  it('is the same value again, and is given up when there are too many', () => {
    const set = loadPolicies(
      engine,
      'small',
      writePolicies([
        {
          effect: 'permit',
          scope: 'principal, action, resource',
          when: ['context.door == "web"'],
          unless: [],
        },
      ]),
    );
    assert.ok(set.ok);
    const decider = createDecider(set.value, { engine, freshFor: FRESH_FOR, keep: 2 });
    const at = (door: string) => decider.decide(ask(person(), 'readSelf', undefined, { door }), []);
    const first = at('web');
    assert.equal(at('web'), first);
    at('api');
    at('other');
    assert.notEqual(at('web'), first);
    assert.deepEqual(at('web'), first);
  });

  it('does not tell apart what no policy reads', () => {
    const decider = deciderOf(
      engine,
      writePolicies([
        {
          effect: 'permit',
          scope: 'principal, action, resource',
          when: ['context.proven.fresh'],
          unless: [],
        },
      ]),
    );
    const one = decider.decide(ask(person(['viewer'], 'a'), 'readSelf'), now(passkey));
    const other = decider.decide(
      ask(person([], 'b'), 'readSelf', undefined, { source: '192.0.2.1', time: 0 }),
      now(passkey),
    );
    assert.equal(one, other);
  });

  it('does not tell the time to those whom no policy about time is for', () => {
    const decider = deciderOf(
      engine,
      writePolicies([
        { effect: 'permit', scope: 'principal, action, resource', when: [], unless: [] },
        {
          effect: 'forbid',
          scope: 'principal in Group::"night", action, resource',
          when: ['context.time.toTime() < duration("12h")'],
          unless: [],
        },
      ]),
    );
    const at = (groups: string[], time: number) =>
      decider.decide(ask({ ...person(), groups }, 'readSelf', undefined, { time }), []);
    assert.equal(at([], 0), at([], 80_000));
    assert.equal(at(['night'], 0).effect, 'forbid');
    assert.equal(at(['night'], 80_000).effect, 'permit');
  });

  it('is not kept when an error made it', () => {
    const decider = deciderOf(
      engine,
      writePolicies([
        {
          effect: 'permit',
          scope: 'principal, action, resource',
          when: ['context.source.isIpv4()'],
          unless: [],
        },
      ]),
    );
    const bad = ask(person(), 'readSelf', undefined, { source: '300.1.1.1' });
    const first = decider.decide(bad, []);
    assert.equal(first.effect, 'forbid');
    assert.equal(first.errors.length, 1);
    assert.notEqual(decider.decide(bad, []), first);
  });
});
