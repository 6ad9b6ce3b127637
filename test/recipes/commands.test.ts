/** Every command and policy of docs/recipes.md, as they stand there. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { loadCedar } from '../../server/policy/cedar.ts';
import { checkPolicies } from '../../server/policy/policy-checks.ts';
import { policySchema, shippedPolicies } from '../../server/policy/shipped.ts';
import { block, commandsOf, type Desk, openDesk, sections } from './guide.ts';

describe('docs/recipes.md', () => {
  let desk: Desk;
  before(async () => {
    desk = await openDesk();
  });
  after(() => desk.close());

  it('has commands that work, one after the other', async () => {
    // Another section of the page has the same API, for those who read one alone.
    const lines = [...new Set(sections.flatMap(commandsOf))];
    assert.ok(lines.length > 12, String(lines.length));
    for (const line of lines) await desk.run(line);
    const { resources } = await desk.run('./sallyport resource list');
    const names = resources.map(({ name }: { name: string }) => name).sort();
    assert.deepEqual(names, [
      'aws',
      'aws-fresh',
      'board',
      'gitea',
      'gitea-oidc',
      'gitlab',
      'grafana',
      'kubernetes',
      'orders',
      'reports',
    ]);
  });

  it('has a policy that passes the checks', () => {
    const page = block('AWS: an IAM OIDC provider, and keys only with a fresh proof', 'cedar');
    const files = { ...shippedPolicies(), 'page.cedar': page };
    assert.deepEqual(checkPolicies(loadCedar(), policySchema(), files), []);
  });

  it('gives GitLab and Gitea what their applications were added with', () => {
    for (const [title, language, nth] of [
      ['GitLab', 'ruby', 0],
      ['Gitea', 'sh', 0],
    ] as const) {
      const text = block(title, language, nth);
      const redirect = /--redirect (\S+)/.exec(commandsOf(title).join('\n'))?.[1] ?? '';
      assert.match(text, /https:\/\/id\.example\.com\/oidc\b/);
      if (title === 'GitLab') {
        assert.ok(text.includes(`redirect_uri: '${redirect}'`));
        assert.match(text, /pkce: true/);
      } else {
        const name = /--name (\S+)/.exec(text)?.[1];
        assert.ok(redirect.endsWith(`/user/oauth2/${name}/callback`), redirect);
      }
    }
  });
});
