import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadCedar } from '../../server/policy/cedar.ts';
import { checkPolicies } from '../../server/policy/policy-checks.ts';
import { policySchema, shippedPolicies } from '../../server/policy/shipped.ts';
import { createVet, type Vetted } from '../../server/policy/vet.ts';

const cedar = loadCedar();
const check = (text: string) => checkPolicies(cedar, policySchema(), { 'mine.cedar': text });
const head = (id: string) => `@id("${id}")\n@because("Why not.")\n`;

describe('checking policies', () => {
  it('finds a misspelt attribute at its place, once, with the nearest name', () => {
    const text = `// é is two bytes\n${head('a')}permit (principal is Person, action, resource)\nwhen { "é" == "é" && context.proven.phisingResistant };`;
    assert.deepEqual(check(text), [
      {
        severity: 'error',
        message: 'Attribute `proven.phisingResistant` not found',
        suggestion: 'did you mean `phishingResistant`?',
        policy: 'a',
        file: 'mine.cedar',
        line: 5,
        column: 22,
        width: 31,
        source: 'when { "é" == "é" && context.proven.phisingResistant };',
      },
    ]);
  });

  for (const [what, text, message, suggestion] of [
    [
      'a misspelt role',
      'permit (principal in Role::"admin", action, resource);',
      /"admin"` is not declared/,
      /"administrator"/,
    ],
    [
      'a misspelt action',
      'permit (principal, action == Action::"signin", resource);',
      /Unrecognized action/,
      /Action::"signIn"/,
    ],
    [
      'a misspelt kind of proof',
      'permit (principal, action, resource) when { context.proven.methods.contains("passkey") };',
      /`methods` never contains "passkey"/,
      /"webauthn"/,
    ],
    [
      'an age that may be absent',
      'permit (principal, action, resource) when { context.proven.age < 60 };',
      /optional attribute/,
      /context\.proven has age/,
    ],
    [
      'a text that is no policy',
      'permit (principal, action, resource) when { 1 + };',
      /nexpected token/,
      /expected/,
    ],
    ['a template', 'permit (principal == ?principal, action, resource);', /template/, /slot/],
  ] as const) {
    it(`finds ${what}`, () => {
      const [problem, ...more] = check(head('a') + text);
      assert.deepEqual(more, []);
      assert.equal(problem?.severity, 'error');
      assert.equal(problem.line, 3);
      assert.match(problem.message, message);
      assert.match(problem.suggestion ?? '', suggestion);
    });
  }

  it('wants a name and a reason of every policy, and no name twice', () => {
    const body = 'permit (principal, action, resource);';
    assert.match(check(body)[0]?.suggestion ?? '', /@id\("a-short-name"\)/);
    assert.match(check(`@id("a") ${body}`)[0]?.suggestion ?? '', /@because/);
    assert.match(
      check(`@id("A b") @because("b") ${body}`)[0]?.message ?? '',
      /can’t be a policy’s name/,
    );
    const twice = check(`${head('a')}${body}\n${head('a')}${body}`);
    assert.match(twice[0]?.message ?? '', /named "a" already/);
    assert.match(twice[0]?.suggestion ?? '', /line 1/);
    assert.equal(twice[0]?.line, 4);
  });

  it('tells all that is wrong with policies whose head is wrong too, each at its place', () => {
    const text = [
      '@id("a")',
      'forbid (principal is Persn, action, resource);',
      '@id("b") @because("b")',
      'permit (principal, action == Action::"signin", resource);',
      '@id("b") @because("b")',
      'permit (principal in Role::"admin", action, resource);',
      'permit (principal, action, resource) when { context.proven.kinds.contains("knows") };',
      '@id("C c")',
      'permit (principal, action, resource) when { context.nothing };',
    ].join('\n');
    const found = check(text).map(({ line, message }) => `${line} ${message}`);
    for (const expected of [
      /^1 The policy "a" does not say why/,
      /^2 .*Persn/,
      /^4 .*signin/,
      /^5 Another policy is named "b" already/,
      /^6 .*admin/,
      /^7 This policy has no name/,
      /^7 It does not say why/,
      /^7 `kinds` never contains "knows"/,
      /^8 "C c" can’t be a policy’s name/,
      /^8 It does not say why/,
      /^9 .*nothing/,
    ]) {
      assert.equal(
        found.filter((one) => expected.test(one)).length,
        1,
        `${expected}\n${found.join('\n')}`,
      );
    }
    assert.equal(found.length, 11, found.join('\n'));
    for (const { policy, message } of check(text)) {
      assert.ok(!policy?.startsWith('?') && !message.includes('?0'), message);
    }
  });

  it('warns of a policy that can never apply', () => {
    const [problem] = check(
      `${head('a')}permit (principal is Device, action == Action::"readSelf", resource);`,
    );
    assert.equal(problem?.severity, 'warning');
    assert.match(problem.message, /impossible|applicable/);
  });

  it('refuses a file name that could lead elsewhere', () => {
    const text = `${head('a')}permit (principal, action, resource);`;
    for (const name of ['../a.cedar', 'a/b.cedar', '.cedar', 'a.txt', 'a\0.cedar', '']) {
      const [problem] = checkPolicies(cedar, policySchema(), { [name]: text });
      assert.match(problem?.message ?? '', /can’t be called so/, name);
    }
    const many = Object.fromEntries(Array.from({ length: 201 }, (_, n) => [`f${n}.cedar`, '']));
    assert.match(checkPolicies(cedar, policySchema(), many)[0]?.message ?? '', /201 files/);
  });

  it('wants at least one policy', () => {
    assert.match(check('// nothing')[0]?.message ?? '', /no policy/);
    assert.match(checkPolicies(cedar, policySchema(), {})[0]?.message ?? '', /no policy/);
  });

  it('tells of the length and the number that is too much', () => {
    const one = (n: number) => `${head(`p${n}`)}permit (principal, action, resource);\n`;
    assert.match(check(`// ${'x'.repeat(600_000)}`)[0]?.message ?? '', /characters long/);
    const many = Array.from({ length: 501 }, (_, n) => one(n)).join('');
    assert.ok(check(many).some(({ message }) => /more than 500/.test(message)));
  });
});

function problemsOf(vetted: Vetted) {
  assert.ok(vetted.ok, 'they were checked in time');
  return vetted.value;
}

describe('vetting in a worker', () => {
  it('finds nothing wrong with the shipped policies', async () => {
    assert.deepEqual(await createVet()(shippedPolicies()), { ok: true, value: [] });
  });

  it('refuses 200 nested brackets, and goes on', async () => {
    const vet = createVet();
    const deep = `${head('a')}permit (principal, action, resource) when { ${'('.repeat(200)}true${')'.repeat(200)} };`;
    assert.match(problemsOf(await vet({ 'deep.cedar': deep }))[0]?.message ?? '', /64 deep/);
  });

  it('finds a policy that fails when it is asked, which no schema shows', async () => {
    const text = `${head('a')}permit (principal, action, resource) when { 9223372036854775807 + context.proven.count + 1 > 0 };`;
    const [problem] = problemsOf(await createVet()({ 'mine.cedar': text }));
    assert.match(problem?.message ?? '', /fails when it is asked.*overflow/);
    assert.equal(problem?.policy, 'a');
  });

  it('gives up in time, and says nothing of policies that it had no time for', async () => {
    const vet = createVet({ processor: 10_000, wait: 1, megabytes: 128 });
    assert.deepEqual(await vet(shippedPolicies()), { ok: false, error: 'late' });
  });

  it('refuses policies that are computed with for too long, whatever the clock says', async () => {
    const vet = createVet({ processor: 100, wait: 600_000, megabytes: 128 });
    const [problem, ...more] = problemsOf(await vet(shippedPolicies()));
    assert.equal(problem?.severity, 'error');
    assert.match(problem?.message ?? '', /take more than 0\.1 seconds of a processor/);
    assert.deepEqual(more, []);
  });
});
