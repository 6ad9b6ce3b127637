import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CommandContext, PolicyRequest } from '../../server/policy/request.ts';
import { shippedPolicies } from '../../server/policy/shipped.ts';
import {
  ago,
  ask,
  deciderOf,
  engineForTest,
  now,
  passkey,
  password,
  person,
  totp,
} from './policy-support.ts';

const ORDINARY: CommandContext = {
  name: 'show',
  text: 'show version',
  sensitive: false,
  windows: [],
};
const RELOAD: CommandContext = { name: 'reload', text: 'reload', sensitive: true, windows: [] };

describe('the shipped policies on commands at network devices', () => {
  const engine = engineForTest();
  const shipped = deciderOf(engine, shippedPolicies());
  const request = (
    principal: PolicyRequest['principal'],
    command: CommandContext | undefined,
  ): PolicyRequest => ({
    ...ask(principal, 'runCommand'),
    resource: { kind: 'network', id: 'switch-1', groups: ['kind:switch', 'zone:plant'] },
    context: { ...ask(principal, 'runCommand').context, command },
  });
  const operator = { ...person(), groups: ['network-operators'] };
  const may = (
    principal: PolicyRequest['principal'],
    command: CommandContext | undefined,
    shown = now(password, totp),
    decider = shipped,
  ) => decider.decide(request(principal, command), shown).effect === 'permit';

  it('let network operators run commands with two kinds of proof, and administrators with a passkey', () => {
    assert.ok(may(operator, ORDINARY));
    assert.ok(!may(operator, ORDINARY, now(password)));
    assert.ok(may(person(['administrator']), ORDINARY, now(passkey)));
    assert.ok(!may(person(['administrator']), ORDINARY));
    assert.ok(!may(person(), ORDINARY));
    assert.ok(!may({ ...operator, status: 'disabled' }, ORDINARY));
  });

  it('ask fresh proofs for sensitive commands', () => {
    assert.ok(may(operator, RELOAD));
    assert.ok(!may(operator, RELOAD, ago(301, password, totp)));
    assert.ok(may(operator, ORDINARY, ago(301, password, totp)));
  });

  it('take a command that nobody tells anything of to be sensitive', () => {
    assert.ok(may(operator, undefined));
    assert.ok(!may(operator, undefined, ago(301, password, totp)));
  });

  it('keep sensitive commands from others, whatever else permits them', () => {
    const more = deciderOf(engine, {
      ...shippedPolicies(),
      'own.cedar':
        '@id("all")\n@because("Everyone.")\npermit (principal is Person, action == Action::"runCommand", resource);',
    });
    const other = { ...person(), groups: ['helpdesk'] };
    assert.ok(may(other, ORDINARY, now(password, totp), more));
    assert.ok(!may(other, RELOAD, now(password, totp), more));
    assert.ok(may(operator, RELOAD, now(password, totp), more));
  });

  it('can be narrowed to a window, and answers are kept for the same window alone', () => {
    const narrow = deciderOf(engine, {
      ...shippedPolicies(),
      'own.cedar':
        '@id("window")\n@because("At night.")\nforbid (principal, action == Action::"runCommand", resource) unless { context.windows.contains("night") };',
    });
    const at = (windows: readonly string[]) =>
      may(operator, { ...ORDINARY, windows }, now(password, totp), narrow);
    assert.deepEqual([at(['night']), at([]), at(['night', 'noon'])], [true, false, true]);
  });
});
