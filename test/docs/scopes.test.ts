/** The table of scopes in docs/automation.md is that of the actions. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { it } from 'node:test';
import { type ActionGroup, actionNames, actions } from '../../server/policy/actions.ts';

const PAGE = readFileSync(
  join(resolve(import.meta.dirname, '../..'), 'docs/automation.md'),
  'utf8',
);

function row(group: ActionGroup): string[] {
  const [, cell = ''] = new RegExp(`^\\| \`${group}\` \\|(.*)\\|$`, 'm').exec(PAGE) ?? [];
  return [...cell.matchAll(/`([a-z.]+)`/g)].map(([, name = '']) => name);
}

const inGroup = (group: ActionGroup) =>
  actionNames.filter((name) => (actions[name].groups as readonly string[]).includes(group));

it('docs/automation.md lists every scope with what it stands for', () => {
  for (const group of ['observe', 'operate', 'audit'] as const) {
    assert.deepEqual(row(group).sort(), inGroup(group).sort(), group);
  }
  const all = new Set((['observe', 'operate', 'audit', 'administer'] as const).flatMap(row));
  assert.deepEqual([...all].sort(), inGroup('administer').sort());
});
