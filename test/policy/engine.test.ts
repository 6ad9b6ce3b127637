import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Fault } from '../../server/kernel/fault.ts';
import { loadCedar } from '../../server/policy/cedar.ts';
import { type CedarQuestion, createEngine, type Engine } from '../../server/policy/engine.ts';

const permitAll = 'permit (principal, action, resource);';
const forbidDisabled =
  'forbid (principal, action, resource) when { principal.status == "disabled" };';

function question(over: Partial<CedarQuestion> = {}): CedarQuestion {
  return {
    principal: { type: 'Person', id: 'p' },
    action: { type: 'Action', id: 'signIn' },
    resource: { type: 'Part', id: 'portal' },
    context: {},
    entities: [{ uid: { type: 'Person', id: 'p' }, attrs: { status: 'active' }, parents: [] }],
    ...over,
  };
}

function guarded(load = loadCedar): { engine: Engine; faults: Fault[] } {
  const faults: Fault[] = [];
  return { engine: createEngine({ load, report: (fault) => faults.push(fault) }), faults };
}

describe('the policy engine', () => {
  it('gives back the ids that the policies were given under', () => {
    const { engine } = guarded();
    assert.ok(engine.adopt('set', { 'all-of-us': permitAll, other: forbidDisabled }).ok);
    assert.deepEqual(engine.decide('set', question()), {
      effect: 'permit',
      policies: ['all-of-us'],
      errors: [],
    });
  });

  it('refuses when a forbid errs for want of an entity, though Cedar says "allow"', () => {
    const { engine } = guarded();
    engine.adopt('set', { all: permitAll, disabled: forbidDisabled });
    const call = question({ entities: [] });
    const cedar = loadCedar();
    cedar.preparsePolicySet('set', {
      staticPolicies: { all: permitAll, disabled: forbidDisabled },
    });
    const bare = cedar.statefulIsAuthorized({ ...call, preparsedPolicySetId: 'set' });
    assert.equal(bare.type === 'success' && bare.response.decision, 'allow');

    const decision = engine.decide('set', call);
    assert.equal(decision.effect, 'forbid');
    assert.match(decision.errors[0] ?? '', /disabled.*does not exist/);
  });

  it('refuses an address that is none', () => {
    const { engine } = guarded();
    engine.adopt('set', { all: permitAll });
    const context = { source: { __extn: { fn: 'ip', arg: '10.0.0.999' } } };
    const decision = engine.decide('set', question({ context }));
    assert.equal(decision.effect, 'forbid');
    assert.match(decision.errors[0] ?? '', /ip/i);
  });

  it('refuses when a policy overflows', () => {
    const { engine } = guarded();
    engine.adopt('set', {
      all: permitAll,
      over: 'forbid (principal, action, resource) when { 9223372036854775807 + context.n > 0 };',
    });
    assert.equal(engine.decide('set', question({ context: { n: 0 } })).effect, 'forbid');
    assert.equal(engine.decide('set', question({ context: { n: 1 } })).effect, 'forbid');
    assert.match(engine.decide('set', question({ context: { n: 1 } })).errors[0] ?? '', /overflow/);
  });

  it('refuses for a set that it does not know or has dropped', () => {
    const { engine, faults } = guarded();
    assert.equal(engine.decide('none', question()).effect, 'forbid');
    engine.adopt('set', { all: permitAll });
    engine.drop('set');
    assert.equal(engine.decide('set', question()).effect, 'forbid');
    assert.deepEqual(faults, []);
  });

  it('refuses, tells, and works again after a text has broken its instance', () => {
    const { engine, faults } = guarded();
    engine.adopt('set', { all: permitAll });
    const deep = `permit (principal, action, resource) when { ${'('.repeat(200)}true${')'.repeat(200)} };`;
    assert.equal(engine.adopt('deep', { deep }).ok, false);
    assert.equal(faults.length, 1);
    assert.equal(engine.decide('set', question()).effect, 'permit');
    assert.equal(faults.length, 1);
  });

  it('refuses each call that throws, and asks a new instance next', () => {
    let loads = 0;
    const { engine, faults } = guarded(() => {
      loads += 1;
      const cedar = { ...loadCedar() };
      if (loads === 1) {
        cedar.statefulIsAuthorized = () => {
          throw new Error('memory access out of bounds');
        };
      }
      return cedar;
    });
    engine.adopt('set', { all: permitAll });
    assert.deepEqual(engine.decide('set', question()), {
      effect: 'forbid',
      policies: [],
      errors: ['the policy engine failed'],
    });
    assert.equal(engine.decide('set', question()).effect, 'permit');
    assert.equal(loads, 2);
    assert.equal(faults[0]?.code, 'policy.engine');
  });

  it('refuses for as long as no instance can be made', () => {
    let broken = false;
    const { engine } = guarded(() => {
      if (broken) throw new Error('no memory');
      return loadCedar();
    });
    engine.adopt('set', { all: permitAll });
    broken = true;
    engine.run(() => {
      throw new RangeError('Maximum call stack size exceeded');
    });
    assert.equal(engine.decide('set', question()).effect, 'forbid');
    broken = false;
    assert.equal(engine.decide('set', question()).effect, 'permit');
  });
});
