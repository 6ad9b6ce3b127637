import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { loadCedar } from '../../server/policy/cedar.ts';
import type { Decider } from '../../server/policy/decider.ts';
import { checkPolicies } from '../../server/policy/policy-checks.ts';
import { policySchema, shippedPolicies } from '../../server/policy/shipped.ts';
import {
  about,
  ago,
  ask,
  deciderOf,
  engineForTest,
  now,
  pass,
  passkey,
  password,
  person,
  securityKey,
  totp,
} from './policy-support.ts';

const page = readFileSync(new URL('../../docs/policy.md', import.meta.url), 'utf8');
const numbered = [...page.matchAll(/^### (\d+)\. .*$([\s\S]*?)(?=^##|$(?![\s\S]))/gm)].map(
  ([, number, text = '']) => ({
    number: Number(number),
    cedar: [...text.matchAll(/```cedar\n([\s\S]*?)```/g)].map(([, block]) => block).join('\n'),
  }),
);

const administrator = person(['administrator']);
const operator = person(['operator']);
const member = (group: string) => ({ ...person(), groups: [group] });
const at = (time: string) => ({ time: Date.parse(time) / 1000 });
const part = { kind: 'part', id: 'policy' } as const;

type Case = readonly [expected: 'permit' | 'forbid', ...Parameters<Decider['decide']>];

/** What each policy of the page changes, and what it leaves as it was. */
const cases: Readonly<Record<number, readonly Case[]>> = {
  1: [
    ['forbid', ask(administrator, 'signIn'), now(passkey)],
    ['permit', ask(administrator, 'signIn'), now(securityKey)],
    ['permit', ask(administrator, 'enrolProof'), now(pass)],
    ['permit', ask(operator, 'signIn'), now(passkey)],
  ],
  2: [
    ['forbid', ask(person(), 'signIn', undefined, { trustedNetwork: false }), now(password, totp)],
    ['permit', ask(person(), 'signIn', undefined, { trustedNetwork: false }), now(passkey)],
    ['permit', ask(person(), 'signIn'), now(password, totp)],
  ],
  3: [
    ['forbid', ask(person(), 'signIn', undefined, { knownDevice: false }), now(password, totp)],
    ['permit', ask(person(), 'signIn', undefined, { knownDevice: false }), now(passkey)],
    ['permit', ask(person(), 'signIn'), now(password, totp)],
  ],
  4: [
    ['forbid', ask(administrator, 'policy.read', part, { source: '10.21.0.1' }), now(passkey)],
    ['permit', ask(administrator, 'policy.read', part, { source: '10.20.255.1' }), now(passkey)],
    ['permit', ask(administrator, 'policy.read', part, { source: '2001:db8:20::5' }), now(passkey)],
    ['permit', ask(administrator, 'signIn', undefined, { source: '10.21.0.1' }), now(passkey)],
  ],
  5: [
    ['forbid', ask(operator, 'person.change', about(), at('2026-01-05T05:59:59Z')), now(passkey)],
    ['permit', ask(operator, 'person.change', about(), at('2026-01-05T06:00:00Z')), now(passkey)],
    ['forbid', ask(operator, 'person.change', about(), at('2026-01-05T18:00:00Z')), now(passkey)],
    [
      'permit',
      ask(
        { ...operator, groups: ['night-shift'] },
        'person.change',
        about(),
        at('2026-01-05T23:00:00Z'),
      ),
      now(passkey),
    ],
    ['permit', ask(operator, 'person.read', about(), at('2026-01-05T23:00:00Z')), now(passkey)],
  ],
  6: [
    [
      'permit',
      ask(member('contractors'), 'signIn', undefined, at('2026-06-30T23:59:59Z')),
      now(passkey),
    ],
    [
      'forbid',
      ask(member('contractors'), 'signIn', undefined, at('2026-07-01T00:00:00Z')),
      now(passkey),
    ],
    ['permit', ask(person(), 'signIn', undefined, at('2026-07-01T00:00:00Z')), now(passkey)],
  ],
  7: [
    ['permit', ask(administrator, 'policy.change', part), ago(60, passkey)],
    ['forbid', ask(administrator, 'policy.change', part), ago(61, passkey)],
    ['forbid', ask(administrator, 'policy.change', part), []],
    ['permit', ask(administrator, 'person.erase', about()), ago(61, passkey)],
  ],
  8: [
    ['permit', ask(member('help-desk'), 'pass.issue', about()), now(passkey)],
    ['forbid', ask(member('help-desk'), 'pass.issue', about()), now(password, totp)],
    ['forbid', ask(member('help-desk'), 'pass.issue', about(['administrator'])), now(passkey)],
    ['forbid', ask(member('help-desk'), 'person.change', about()), now(passkey)],
    ['permit', ask(member('help-desk'), 'person.read', about(['administrator'])), now(passkey)],
    ['forbid', ask(person(), 'pass.issue', about()), now(passkey)],
  ],
  9: [
    ['forbid', ask(administrator, 'role.change', about(['administrator'], 'p1')), now(passkey)],
    ['forbid', ask(administrator, 'pass.issue', about(['administrator'], 'p1')), now(passkey)],
    ['permit', ask(administrator, 'role.change', about(['administrator'], 'p2')), now(passkey)],
    ['permit', ask(administrator, 'changePassword'), now(passkey)],
  ],
  10: [
    [
      'permit',
      ask({ ...administrator, kind: 'process', scopes: ['administer'] }, 'person.read', about()),
      [],
    ],
    [
      'forbid',
      ask({ ...administrator, kind: 'process', scopes: ['administer'] }, 'person.change', about()),
      [],
    ],
  ],
};

describe('the ten policies of the policy guide', () => {
  const engine = engineForTest();
  const cedar = loadCedar();

  it('are ten, and each is tried', () => {
    assert.deepEqual(
      numbered.map(({ number }) => number),
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    );
    assert.deepEqual(Object.keys(cases).map(Number), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  for (const { number, cedar: text } of numbered) {
    const files = { ...shippedPolicies(), 'guide.cedar': text };

    it(`number ${number} passes the checks`, () => {
      assert.ok(text.includes('@because'));
      assert.deepEqual(checkPolicies(cedar, policySchema(), files), []);
    });

    it(`number ${number} does what the page says`, () => {
      const decider = deciderOf(engine, files);
      for (const [index, [expected, request, shown]] of (cases[number] ?? []).entries()) {
        const { effect } = decider.decide(request, shown);
        assert.equal(effect, expected, `case ${index + 1} of policy ${number}`);
      }
    });
  }

  it('stand together', () => {
    const all = numbered.map(({ cedar: text }) => text).join('\n');
    const files = { ...shippedPolicies(), 'guide.cedar': all };
    assert.deepEqual(checkPolicies(cedar, policySchema(), files), []);
  });

  it('has its example of a shipped policy word by word', () => {
    const [example = ''] = /@id\("two-kinds"\)[\s\S]*?;/.exec(page) ?? [];
    assert.ok(Object.values(shippedPolicies()).join('\n').includes(example));
  });
});
