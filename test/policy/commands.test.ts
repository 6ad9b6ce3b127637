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

  it('can be told apart by the groups of the device, the command and its arguments, the role, and the age of proofs', () => {
    const decider = deciderOf(engine, {
      ...shippedPolicies(),
      'own.cedar': `@id("desk") @because("The help desk looks, and bounces ports.")
permit (principal in Group::"desk", action == Action::"runCommand", resource in Group::"kind:switch")
when {
  context.command.name == "show" ||
  context.command.text like "interface vlan *"
};
@id("plant") @because("In the plant, within a minute.")
forbid (principal, action == Action::"runCommand", resource in Group::"zone:plant")
unless { context.proven has age && context.proven.age <= 60 };
@id("auditors-look") @because("Auditors look at what is configured.")
permit (principal in Role::"auditor", action == Action::"runCommand", resource)
when { context.command.text == "show running-config" };`,
    });
    const run = (
      principal: PolicyRequest['principal'],
      text: string,
      { age = 0, groups = ['kind:switch'], shown = [password, totp] } = {},
    ) => {
      const [name = ''] = text.split(' ');
      const command = { name, text, sensitive: false, windows: [] };
      const resource = { kind: 'network' as const, id: 'switch-1', groups };
      const asked = { ...request(principal, command), resource };
      return decider.decide(asked, ago(age, ...shown)).effect === 'permit';
    };
    const desk = { ...person(), groups: ['desk'] };
    assert.ok(run(desk, 'show version'));
    assert.ok(run(desk, 'interface vlan 30'));
    assert.ok(!run(desk, 'interface ethernet 1'), 'the arguments are others');
    assert.ok(!run(desk, 'configure terminal'));
    assert.ok(!run(desk, 'show version', { groups: ['kind:router'] }), 'the device is another');
    const plant = { groups: ['kind:switch', 'zone:plant'] };
    assert.ok(run(desk, 'show version', { ...plant, age: 60 }));
    assert.ok(!run(desk, 'show version', { ...plant, age: 61 }), 'the proofs are older');
    const auditor = person(['auditor']);
    const strong = { shown: [passkey] };
    assert.ok(run(auditor, 'show running-config', strong));
    assert.ok(!run(auditor, 'show version', strong));
    assert.ok(!run(person(), 'show running-config', strong), 'they have no such role');
  });
});
