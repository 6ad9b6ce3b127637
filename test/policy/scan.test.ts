import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadCedar } from '../../server/policy/cedar.ts';
import { limits, scanPolicies } from '../../server/policy/scan.ts';

const policy = (condition: string) => `permit (principal, action, resource) when { ${condition} };`;

function refusal(text: string) {
  const scanned = scanPolicies(text);
  return scanned.ok ? undefined : scanned.error;
}

describe('the scanner of policy texts', () => {
  it('finds each policy, without blanks and comments between them', () => {
    const text =
      '// first; (\n\npermit (a);  // "\n forbid (b) when { "x; }\\"" == "(" };\n// last ;';
    const scanned = scanPolicies(text);
    assert.ok(scanned.ok);
    assert.deepEqual(
      scanned.value.map(({ start, end }) => text.slice(start, end)),
      ['permit (a);', 'forbid (b) when { "x; }\\"" == "(" };'],
    );
  });

  it('refuses 200 nested brackets of any kind', () => {
    for (const [open, close] of ['()', '[]', '{}']) {
      const text = policy(`${open?.repeat(200)}1${close?.repeat(200)}`);
      assert.match(refusal(text)?.message ?? '', /64 deep/);
    }
  });

  it('does not count brackets in texts and comments', () => {
    assert.equal(
      refusal(policy(`context.door == "${'('.repeat(500)}" // ${'['.repeat(500)}\n`)),
      undefined,
    );
  });

  it('ends a comment where Cedar ends it, so that nothing hides behind a carriage return', () => {
    const text = policy(`true // \r ${'('.repeat(200)}true${')'.repeat(200)}`);
    assert.match(refusal(text)?.message ?? '', /64 deep/);
  });

  for (const [name, chain] of Object.entries({
    'a long &&': (n: number) => Array(n).fill('true').join(' && '),
    'a long sum': (n: number) => `${Array(n).fill('1').join(' + ')} > 0`,
    'an else-if chain': (n: number) => `${'if false then true else '.repeat(n)}true`,
    'an if within an if': (n: number) =>
      `${'if '.repeat(n)}true${' then true else false'.repeat(n)}`,
    'a chain of attributes': (n: number) => `context${'.a'.repeat(n)} == 1`,
    'a chain of indexes': (n: number) => `context${'["a"]'.repeat(n)} == 1`,
    'a chain of calls': (n: number) => `[1]${'.contains(1)'.repeat(n)}`,
    'a chain of nots': (n: number) => `${'!'.repeat(n)}true`,
    'a chain in brackets': (n: number) =>
      `(${'(true && '.repeat(20)}true${')'.repeat(20)}) && ${Array(n).fill('true').join(' && ')}`,
  })) {
    it(`refuses ${name} of 400 links`, () => {
      assert.match(refusal(policy(chain(400)))?.message ?? '', /chains more than/);
    });
  }

  it('lets long sets and many conditions through', () => {
    const ids = Array.from({ length: 400 }, (_, n) => `Person::"person-${n}"`).join(', ');
    assert.equal(
      refusal(`permit (principal, action, resource) when { [${ids}].contains(principal) };`),
      undefined,
    );
    assert.equal(
      refusal(`permit (principal, action, resource)${' when { true }'.repeat(300)};`),
      undefined,
    );
  });

  it('bounds a policy, not its file', () => {
    const file = policy(`context.door == "${'x'.repeat(20_000)}"`).repeat(4);
    const scanned = scanPolicies(file);
    assert.equal(scanned.ok && scanned.value.length, 4);
  });

  it('says where something is left open or closed twice', () => {
    assert.match(refusal('permit (a)')?.message ?? '', /does not end/);
    assert.match(refusal('permit (a;')?.message ?? '', /never closed/);
    assert.match(refusal('permit (a));')?.message ?? '', /closes nothing/);
    assert.match(refusal('permit (a] b);')?.suggestion ?? '', /`\)` is expected/);
    assert.deepEqual(refusal('permit ("a;')?.start, 8);
    assert.match(refusal(policy(`"${'x'.repeat(limits.policy)}" == ""`))?.message ?? '', /longer/);
  });

  it('lets through nothing that breaks the engine', () => {
    // The deepest texts that pass, of several shapes, in one instance.
    const cedar = loadCedar();
    const deepest = (shape: (n: number) => string) => {
      let n = 400;
      while (refusal(policy(shape(n)))) n -= 1;
      return policy(shape(n));
    };
    const shapes = [
      (n: number) => `${'('.repeat(n)}true${')'.repeat(n)}`,
      (n: number) => `${'(true && '.repeat(n)}true${')'.repeat(n)}`,
      (n: number) => `${'('.repeat(40)}${'true && '.repeat(n)}true${')'.repeat(40)}`,
      (n: number) => `${'[{a: '.repeat(n)}1${'}]'.repeat(n)} == 1`,
      (n: number) => `${'if false then true else '.repeat(n)}true`,
      (n: number) => `${'(if true then '.repeat(n)}true${' else false)'.repeat(n)}`,
      (n: number) => `${'('.repeat(50)}context${'.a'.repeat(n)}${')'.repeat(50)} == 1`,
    ];
    for (const [index, shape] of shapes.entries()) {
      const text = deepest(shape);
      const id = `shape ${index}`;
      assert.equal(
        cedar.preparsePolicySet(id, { staticPolicies: { a: text } }).type,
        'success',
        text,
      );
      assert.equal(cedar.policyToJson(text).type, 'success');
      const answer = cedar.statefulIsAuthorized({
        principal: { type: 'Person', id: 'p' },
        action: { type: 'Action', id: 'a' },
        resource: { type: 'Part', id: 'x' },
        context: {},
        entities: [],
        preparsedPolicySetId: id,
      });
      assert.equal(answer.type, 'success');
    }
  });
});
