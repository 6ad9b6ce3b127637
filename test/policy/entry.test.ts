import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { PolicyPrincipal, PolicyResource, ShownProof } from '../../server/policy/request.ts';
import { shippedPolicies } from '../../server/policy/shipped.ts';
import {
  ago,
  arbContext,
  arbEnterable,
  arbProcess,
  arbShown,
  ask,
  deciderOf,
  engineForTest,
  now,
  passkey,
  password,
  person,
  processClasses,
  processKey,
  processSecret,
  totp,
} from './policy-support.ts';

const api: PolicyResource = { kind: 'api', id: 'payments', groups: [] };
const site: PolicyResource = { kind: 'site', id: 'wiki', groups: [] };
const application: PolicyResource = { kind: 'application', id: 'grafana', groups: [] };
const entry = { scopes: ['read'], sensitive: false, listed: true, function: '', method: '' };

function robot(scopes: readonly 'administer'[] = []): PolicyPrincipal {
  return { kind: 'process', id: 'nightly', status: 'active', roles: [], groups: [], scopes };
}

describe('the policies about entry', () => {
  const engine = engineForTest();
  const decider = deciderOf(engine, shippedPolicies());
  const may = (
    who: PolicyPrincipal,
    resource: PolicyResource,
    shown: ShownProof[],
    more: Partial<typeof entry> = {},
  ) => {
    const request = ask(who, 'enter', resource, { entry: { ...entry, ...more } });
    return decider.decide(request, shown).effect === 'permit';
  };

  it('let a process that is listed into APIs and sites, with each of its proofs', () => {
    for (const proof of processClasses) {
      assert.ok(may(robot(), api, now(proof)), proof.kind);
      assert.ok(may(robot(), site, now(proof)), proof.kind);
      // Itself, where it is what an application proves itself as; nothing else of this kind has it listed.
      assert.ok(may(robot(), application, now(proof)), proof.kind);
      assert.ok(!may(robot(), application, now(proof), { listed: false }), proof.kind);
    }
  });

  it('never let in a process that is not listed, whatever it is, shows or asks for', () => {
    fc.assert(
      fc.property(
        arbProcess,
        arbEnterable,
        arbContext,
        arbShown,
        (who, resource, context, shown) => {
          const unlisted = context.entry && { ...context.entry, listed: false };
          const request = ask(who, 'enter', resource, { ...context, entry: unlisted });
          assert.equal(decider.decide(request, shown).effect, 'forbid');
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('keep it out even where another policy permits everyone everything', () => {
    const open = '@id("open") @because("Open.") permit (principal, action, resource);';
    const generous = deciderOf(engine, { ...shippedPolicies(), 'open.cedar': open });
    const request = (listed: boolean) =>
      ask(robot(), 'enter', api, { entry: { ...entry, listed } });
    assert.equal(generous.decide(request(true), now(processKey)).effect, 'permit');
    assert.equal(generous.decide(request(false), now(processKey)).effect, 'forbid');
    const portal = ask(robot(), 'signIn', { kind: 'part', id: 'portal' });
    assert.equal(generous.decide(portal, now(processKey)).effect, 'forbid');
  });

  it('take what nobody told for sensitive and not listed', () => {
    const untold = ask(person(), 'enter', api);
    assert.equal(decider.decide(untold, now(passkey)).effect, 'forbid');
  });

  it('ask a proof of every process, and more than a secret for what is sensitive', () => {
    assert.ok(!may(robot(), api, []));
    assert.ok(may(robot(), api, now(processSecret)));
    assert.ok(!may(robot(), api, now(processSecret), { sensitive: true }));
    assert.ok(may(robot(), api, now(processKey), { sensitive: true }));
  });

  it('let no token of a person and no disabled process enter anything', () => {
    assert.ok(!may(robot(['administer']), api, now(processKey)));
    assert.ok(!may({ ...robot(), status: 'disabled' }, api, now(processKey)));
  });

  it('ask two kinds of people, and a fresh proof for what is sensitive', () => {
    for (const resource of [api, site, application]) {
      assert.ok(!may(person(), resource, now(password)));
      assert.ok(may(person(), resource, ago(900, password, totp)));
      assert.ok(!may(person(), resource, ago(900, password, totp), { sensitive: true }));
      assert.ok(may(person(), resource, now(password, totp), { sensitive: true }));
      assert.ok(!may(person(), resource, now(password, totp), { listed: false }));
    }
  });
});
