import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Role } from '@sallyport/contract/people.ts';
import { loadAssets } from '../../server/doors/web/assets.ts';
import { type ErrorName, errorPage } from '../../server/doors/web/pages/error-page.ts';
import { sampleView } from '../support/web-preview.ts';

describe('a page that says no', () => {
  const view = sampleView(loadAssets().paths);
  const shown = (name: ErrorName, roles: readonly Role[]) => {
    const visitor = { displayName: 'Mara', identifier: 'mara', roles };
    return errorPage({ ...view, visitor }, { name, request: 'r', next: '/me' }).text;
  };

  test('tells administrators what to do, and not to ask one', () => {
    for (const name of ['not-permitted', 'closed'] as const) {
      const told = shown(name, ['administrator']);
      assert.match(told, /\.\/sallyport policy simulate --person mara/);
      assert.doesNotMatch(told, /[Yy]our administrator/);
    }
    assert.match(shown('not-permitted', ['administrator']), /\.\/sallyport pass issue mara/);
  });

  test('tells everyone else to ask one, and no commands', () => {
    for (const name of ['not-permitted', 'closed'] as const) {
      for (const roles of [[], ['operator'], ['viewer']] as const) {
        const told = shown(name, roles);
        assert.match(told, /[Yy]our administrator/);
        assert.doesNotMatch(told, /sallyport policy|pass issue/);
      }
    }
  });
});
