import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type Action,
  type ActionGroup,
  actionNames,
  actions,
} from '../../server/policy/actions.ts';
import { loadCedar } from '../../server/policy/cedar.ts';
import { checkPolicies } from '../../server/policy/policy-checks.ts';
import type { PolicyPrincipal, PolicyResource, ShownProof } from '../../server/policy/request.ts';
import { policySchema, shippedPolicies } from '../../server/policy/shipped.ts';
import {
  about,
  ago,
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
} from './policy-support.ts';

const inGroup = (group: string) =>
  actionNames.filter((action) => (actions[action].groups as readonly string[]).includes(group));
const sensitive = inGroup('sensitive');
const part = (id: Extract<PolicyResource, { kind: 'part' }>['id']) =>
  ({ kind: 'part', id }) as const;

describe('the policies that Sallyport ships', () => {
  const decider = deciderOf(engineForTest(), shippedPolicies());
  const may = (
    principal: PolicyPrincipal,
    action: Action,
    shown: ShownProof[],
    resource?: PolicyResource,
  ) => decider.decide(ask(principal, action, resource), shown).effect === 'permit';
  const resourceOf = (action: Action) =>
    action === 'role.change' ? about() : action.includes('.') ? part('people') : part('portal');
  const permitted = (principal: PolicyPrincipal, shown: ShownProof[]) =>
    actionNames.filter((action) => may(principal, action, shown, resourceOf(action)));

  it('pass their own checks without a warning', () => {
    assert.deepEqual(checkPolicies(loadCedar(), policySchema(), shippedPolicies()), []);
  });

  it('ask two kinds of everyone', () => {
    const someone = person();
    assert.deepEqual(permitted(someone, []), []);
    assert.deepEqual(permitted(someone, now(password)), []);
    assert.deepEqual(permitted(someone, now(totp, recovery)), []);
    const own = ['signIn', ...inGroup('self')];
    assert.deepEqual(permitted(someone, now(password, totp)), own);
    assert.deepEqual(permitted(someone, now(passkey)), own);
  });

  it('ask a passkey of those who administer, for everything', () => {
    for (const role of ['administrator', 'operator', 'auditor']) {
      assert.deepEqual(permitted(person([role]), now(password, totp, recovery)), [], role);
      assert.ok(may(person([role]), 'signIn', now(passkey)), role);
    }
    const viewer = permitted(person(['viewer']), now(password, totp));
    assert.ok(viewer.includes('signIn') && !viewer.includes('person.read'));
  });

  it('give each role its actions and no more', () => {
    const of = (role: string) =>
      permitted(person([role]), now(passkey)).filter((action) => action.includes('.'));
    assert.deepEqual(of('administrator'), inGroup('administer'));
    assert.deepEqual(of('auditor'), inGroup('audit'));
    assert.deepEqual(of('viewer'), [
      'person.read',
      'session.read',
      'process.read',
      'device.read',
      'certificate.read',
      'resource.read',
    ]);
    assert.deepEqual(
      of('operator'),
      actionNames.filter((action) =>
        /^(?:(?:person|pass|session)\.|(?:process|device|certificate|resource)\.read)/.test(action),
      ),
    );
  });

  it('ask a fresh proof for what is sensitive, and a fresh passkey of those who administer', () => {
    const stale = ago(301, password, totp);
    assert.deepEqual(
      permitted(person(), stale).filter((action) => sensitive.includes(action)),
      [],
    );
    assert.ok(may(person(), 'removeProof', [...stale, ...now(totp)]));
    const administrator = person(['administrator']);
    const session = [...ago(301, passkey), ...now(password, totp)];
    assert.deepEqual(
      permitted(administrator, session).filter((action) => sensitive.includes(action)),
      [],
    );
    assert.ok(may(administrator, 'person.read', session, part('people')));
    assert.ok(may(administrator, 'policy.change', now(passkey), part('policy')));
  });

  it('let nobody who holds a passkey change their proofs without it', () => {
    const change = (shown: ShownProof[], holdsPhishingResistant: boolean | undefined) =>
      (['enrolProof', 'removeProof', 'changePassword'] as const).filter((action) => {
        const request = ask(person(), action, undefined, { holdsPhishingResistant });
        return decider.decide(request, shown).effect === 'permit';
      });
    const all = ['enrolProof', 'removeProof', 'changePassword'];
    assert.deepEqual(change(now(password, totp), true), []);
    assert.deepEqual(change([...now(password, totp), ...ago(301, passkey)], true), []);
    assert.deepEqual(change(now(passkey), true), all);
    assert.deepEqual(change(now(password, totp), false), all);
    // Who was not asked what is held takes it to be held.
    assert.deepEqual(change(now(password, totp), undefined), []);
    assert.deepEqual(change(now(pass), true), ['enrolProof']);
  });

  it('let a pass enrol proofs and nothing else, whoever holds it', () => {
    for (const roles of [[], ['administrator'], ['operator', 'viewer']]) {
      assert.deepEqual(permitted(person(roles), now(pass)), ['enrolProof']);
      const enrolling = { ...person(roles), status: 'enrolling' as const };
      assert.deepEqual(permitted(enrolling, now(pass)), ['enrolProof']);
    }
    // With a pass, another proof is worth what it is worth alone.
    assert.deepEqual(permitted(person(), now(pass, password)), ['enrolProof']);
    assert.deepEqual(permitted(person(['administrator']), now(pass, password, totp)), [
      'enrolProof',
    ]);
  });

  it('let an account that is being set up do nothing but enrol', () => {
    const enrolling = { ...person(['administrator']), status: 'enrolling' as const };
    assert.deepEqual(permitted(enrolling, now(passkey)), ['enrolProof']);
  });

  it('let a disabled or erased subject do nothing at all', () => {
    for (const status of ['disabled', 'erased'] as const) {
      const gone = { ...person(['administrator']), status };
      assert.deepEqual(permitted(gone, now(passkey, pass)), []);
      const token = { ...gone, kind: 'process', scopes: ['administer'] } as const;
      assert.deepEqual(permitted(token, []), []);
    }
  });

  it('keep operators and tokens from people who hold a role', () => {
    const operator = person(['operator']);
    const token = { ...person(['administrator']), kind: 'process', scopes: ['operate'] } as const;
    for (const action of inGroup('operate')) {
      for (const role of ['administrator', 'operator', 'auditor']) {
        assert.ok(!may(operator, action, now(passkey), about([role])), `${action} of ${role}`);
        assert.ok(!may(token, action, [], about([role])), `${action} of ${role} by a token`);
      }
      assert.ok(may(operator, action, now(passkey), about([])), action);
      assert.ok(may(token, action, [], about([])), action);
      assert.ok(
        may(person(['operator', 'administrator']), action, now(passkey), about(['auditor'])),
      );
    }
    assert.ok(may(operator, 'person.read', now(passkey), about(['administrator'])));
    assert.ok(!may(operator, 'role.change', now(passkey), about([])));
  });

  it('keep a token within its scopes and within the roles of its owner', () => {
    const token = (role: string, ...scopes: (Action | ActionGroup)[]) =>
      ({ ...person([role]), kind: 'process', scopes }) as const;
    assert.deepEqual(permitted(token('administrator', 'person.read'), []), ['person.read']);
    assert.deepEqual(permitted(token('viewer', 'administer'), []), [
      'person.read',
      'session.read',
      'process.read',
      'device.read',
      'certificate.read',
      'resource.read',
    ]);
    assert.deepEqual(permitted({ ...token('', 'administer', 'self'), roles: [] }, []), []);
    assert.deepEqual(permitted(token('administrator'), []), []);
    const most = permitted(token('administrator', 'administer'), []);
    assert.deepEqual(
      inGroup('administer').filter((action) => !most.includes(action)),
      [
        'role.change',
        'upstream.assign',
        'card.change',
        'process.create',
        'process.change',
        'process.rotate',
        'device.create',
        'device.change',
        'device.rotate',
        'certificate.issue',
        'authority.change',
        'resource.create',
        'resource.change',
        'resource.remove',
        'policy.change',
        'key.rotate',
        'token.issue',
      ],
    );
  });

  it('ask nothing of the engine for a request of a form that no action has', () => {
    const process = { ...person(['administrator']), kind: 'process', scopes: ['self'] } as const;
    const answer = decider.decide(ask(process, 'changePassword'), now(passkey));
    assert.equal(answer.effect, 'forbid');
    assert.match(answer.errors[0] ?? '', /nobody of this kind/);
    const unknown = 'toString' as Action;
    assert.equal(decider.decide(ask(person(), unknown), now(passkey)).effect, 'forbid');
  });

  it('never grant to fewer proofs what they refuse to more', () => {
    fc.assert(
      fc.property(arbRequest, arbShown, fc.nat(), (request, shown, which) => {
        fc.pre(shown.length > 0);
        const fewer = shown.toSpliced(which % shown.length, 1);
        if (decider.decide(request, fewer).effect === 'permit') {
          assert.equal(decider.decide(request, shown).effect, 'permit');
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('never grant to older proofs what they refuse to newer ones', () => {
    fc.assert(
      fc.property(
        arbRequest,
        arbShown,
        fc.integer({ min: 0, max: 500 }),
        (request, shown, later) => {
          const older = shown.map((one) => ({ ...one, age: one.age + later }));
          if (decider.decide(request, older).effect === 'permit') {
            assert.equal(decider.decide(request, shown).effect, 'permit');
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});
