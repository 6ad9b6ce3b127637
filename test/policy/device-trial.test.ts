/** What would happen if a device joined or enrolled: `policy simulate --device`. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { runCommandLine } from '../../server/main/terminal/command-line.ts';
import { beginIn } from '../support/command.ts';

describe('sallyport policy simulate --device', () => {
  let folder: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sallyport-test-'));
    await beginIn(folder);
    for (const line of [
      'person add ada',
      'device add hall --kind switch --owner ada --zone office --address 192.0.2.10',
      'device add plc-7 --kind controller --owner ada --zone plant --group cameras',
      'device add away --kind controller --owner ada',
      'device disable away',
    ]) {
      const { code, err } = await run(...line.split(' '));
      assert.equal(code, 0, err);
    }
    mkdirSync(join(folder, 'mine'));
    assert.equal((await run('policy', 'show', '--to', 'mine')).code, 0);
    writeFileSync(
      join(folder, 'mine', 'told.cedar'),
      `@id("told-lately") @because("Run the posture agent.")
forbid (principal in Group::"cameras", action == Action::"joinNetwork", resource)
unless { context.device.diskEncrypted == "yes" };`,
    );
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  async function run(...args: string[]) {
    const [said, told]: [string[], string[]] = [[], []];
    const code = await runCommandLine({
      args,
      environment: {},
      folder,
      stdout: { write: (text) => said.push(text), columns: 120 },
      stderr: { write: (text) => told.push(text) },
    });
    return { code, out: said.join(''), err: told.join('') };
  }
  async function ask(device: string, ...more: string[]) {
    const join = ['--action', 'joinNetwork', '--resource', 'network:hall'];
    const { code, out, err } = await run(
      ...['policy', 'simulate', '--json', '--device', device, ...join, ...more],
    );
    assert.equal(code, 0, err);
    const { state, deciding, request } = JSON.parse(out);
    return { state, by: deciding.map(({ id }: { id: string }) => id), request };
  }

  it('tells whether it comes onto the network with its certificate, and by which policies', async () => {
    const { state, by } = await ask('plc-7');
    assert.equal(state, 'granted');
    assert.ok(by.includes('devices-join'), by.join());
    const away = await ask('away');
    assert.equal(away.state, 'refused');
    assert.deepEqual(away.by, ['disabled-nothing']);
  });

  it('tells of its address alone by another policy, which keeps it apart', async () => {
    const { state, by } = await ask('plc-7', '--shown', 'mac');
    assert.equal(state, 'granted');
    assert.notDeepEqual(by, (await ask('plc-7')).by);
    const password = await ask('plc-7', '--shown', 'password');
    assert.deepEqual([password.state, password.by], ['refused', []]);
  });

  it('tells what it told of itself, as policies see it', async () => {
    const { request } = await ask('plc-7');
    const { device } = request.context;
    assert.deepEqual([device.known, device.diskEncrypted, device.system], [true, 'unknown', '']);
    const { state, by } = await ask('plc-7', '--with', 'mine');
    assert.deepEqual([state, by], ['refused', ['told-lately']]);
  });

  it('tells of enrolling', async () => {
    const { code, out } = await run(
      ...['policy', 'simulate', '--json', '--device', 'plc-7', '--action', 'enrolCertificate'],
      ...['--shown', 'pass'],
    );
    assert.equal(code, 0);
    assert.equal(JSON.parse(out).state, 'granted');
  });

  it('says what would do where something is asked for by nobody of that kind', async () => {
    const simulate = (...args: string[]) => run('policy', 'simulate', ...args);
    const wrong = await simulate('--person', 'ada', '--action', 'joinNetwork');
    assert.equal(wrong.code, 2);
    assert.match(wrong.err, /nothing that a person asks for\..*--device NAME/s);
    const both = await simulate('--person', 'ada', '--device', 'plc-7', '--action', 'signIn');
    assert.equal(both.code, 2);
    assert.match(both.err, /not --person and --device/);
    const nowhere = await simulate('--device', 'plc-7', '--action', 'joinNetwork');
    assert.equal(nowhere.code, 2);
    assert.match(nowhere.err, /--resource network:NAME/);
    const named = ['--action', 'joinNetwork', '--resource', 'network:hall'];
    assert.equal((await simulate('--device', 'plc-8', ...named)).code, 4);
    const none = await simulate('--device', 'plc-7', ...named, '--shown', 'password');
    assert.match(none.out, /would be refused\..*No policy permits it/s);
  });
});
