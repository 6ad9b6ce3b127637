/** `sallyport device …`, typed by whoever runs the machine. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { beginIn, runCommand } from '../support/command.ts';

describe('the command line, looking after devices', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-device-'));
  const run = (...args: string[]) => runCommand(folder, args);
  const done = async (...args: string[]) => {
    const { code, out, err } = await run(...args, '--json');
    assert.equal(code, 0, err || out);
    return JSON.parse(out);
  };
  const refused = async (code: number, says: RegExp, ...args: string[]) => {
    const ran = await run(...args);
    assert.deepEqual([ran.code, ran.out], [code, ''], ran.err);
    assert.match(ran.err, says);
  };

  before(async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    writeFileSync(join(folder, 'key.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
    writeFileSync(join(folder, 'key.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    await beginIn(folder);
    await run('person', 'add', 'ada');
  });
  after(() => rmSync(folder, { recursive: true }));

  it('says what comes next where there is nothing yet', async () => {
    assert.match((await run('device', 'list')).out, /device add NAME --kind KIND --owner PERSON/);
    assert.match((await run('device', 'list', '--kind', 'rtu')).out, /No device is like that/);
  });

  it('adds a switch and gives it a secret, which it shows once', async () => {
    const add = [
      'device',
      'add',
      'core-1',
      '--kind',
      'switch',
      '--owner',
      'ada',
      '--zone',
      'plant',
    ];
    const added = await run(...add, '--address', '192.0.2.7', '--mac', '0200.5E10.0001');
    assert.equal(added.code, 0, added.err);
    assert.match(added.out, /device secret core-1 --for radius/);
    const made = await done('device', 'secret', 'core-1', '--for', 'radius');
    assert.match(made.secret, /^[A-Za-z2-9]{40}$/);
    const again = await run('device', 'secret', 'core-1', '--for', 'radius');
    assert.match(again.out, /The one before is good no more.*shown this once/s);
    assert.ok(!again.out.includes(made.secret));
    const shown = await done('device', 'show', 'core-1');
    assert.equal(shown.mac, '02:00:5e:10:00:01');
    assert.deepEqual(
      shown.proofs.map(({ kind, shown: { made: by, length } }: (typeof shown.proofs)[0]) => [
        kind,
        by,
        length,
      ]),
      [['radius', 'here', 40]],
    );
    assert.deepEqual(shown.weaknesses, []);
    assert.ok(!(await run('device', 'show', 'core-1')).out.includes(made.secret));
  });

  it('tells what a host needs, and where to look whose an address is', async () => {
    const add = (name: string, kind: string, ...rest: string[]) =>
      run('device', 'add', name, '--kind', kind, '--owner', 'ada', ...rest);
    assert.match((await add('web1', 'server')).out, /ssh setup web1/);
    assert.doesNotMatch((await add('pump-1', 'controller')).out, /ssh setup/);
    const address = ['--address', '192.0.2.99'];
    assert.equal((await add('vpn-8', 'vpn', ...address)).code, 0);
    const { code, err } = await add('vpn-9', 'vpn', ...address);
    assert.equal(code, 1);
    assert.match(
      err,
      /^vpn-8 speaks from 192\.0\.2\.99 already\..*device change vpn-8 --address ''/s,
    );
    const { err: held } = await add('vpn-9', 'vpn', '--mac', '02005e100008', '--serial', 'S-8');
    assert.equal(held, '');
    const other = ['vpn-10', 'vpn'] as const;
    assert.match(
      (await add(...other, '--mac', '02-00-5e-10-00-08')).err,
      /^vpn-9 has the MAC address/,
    );
    assert.match((await add(...other, '--serial', 'S-8')).err, /^vpn-9 has the serial number S-8/);
    assert.match((await add('vpn-9', 'vpn')).err, /^A device is called “vpn-9” already\./);
    const moved = await run('device', 'change', 'vpn-9', ...address);
    assert.match(moved.err, /^vpn-8 speaks from 192\.0\.2\.99 already\. Nothing was changed\./);
    for (const name of ['vpn-8', 'vpn-9']) await run('device', 'retire', name, '--yes', name);
    for (const name of ['web1', 'pump-1']) await run('device', 'retire', name, '--yes', name);
  });

  it('sets no host up that nobody added, and says when its address is this computer’s alone', async () => {
    await refused(4, /There is no device “core-9”/, 'ssh', 'setup', 'core-9');
    const setup = await run('ssh', 'setup', 'core-1');
    assert.match(setup.out, /AuthorizedPrincipalsCommand \/bin\/echo %u@core-1/);
    assert.match(setup.err, /is reached from this computer alone/);
  });

  it('rotates a secret with the one before beside it, and lists the overlap until it is ended', async () => {
    const rotate = ['device', 'rotate', 'core-1', '--for', 'radius'];
    await refused(2, /--overlap is a time up to 30 days/, ...rotate, '--overlap', '60d');
    await refused(
      2,
      /There is no secret for “snmp”/,
      'device',
      'rotate',
      'core-1',
      '--for',
      'snmp',
    );
    await refused(
      1,
      /no secret in force.*give it a new one/s,
      'device',
      'rotate',
      'core-1',
      '--for',
      'tacacs',
    );
    const turned = await run(...rotate, '--overlap', '2h');
    assert.match(turned.out, /The one before is taken too until .*shown this once/s);
    const made = await done(...rotate);
    assert.match(made.secret, /^[A-Za-z2-9]{40}$/);
    const lasts = Date.parse(made.overlapUntil) - Date.now();
    assert.ok(Math.abs(lasts - 24 * 3_600_000) < 60_000, made.overlapUntil);
    const shown = await done('device', 'show', 'core-1');
    assert.deepEqual(shown.weaknesses, ['overlap']);
    const [before, now] = shown.proofs;
    assert.deepEqual(
      [before.id, before.shown.replacedBy, before.expiresAt],
      [made.replaced, now.id, made.overlapUntil],
    );
    assert.match((await run('doctor')).out, /Two shared secrets are taken.*core-1/s);
    await done('device', 'proof', 'end', 'core-1', before.id);
    assert.deepEqual((await done('device', 'show', 'core-1')).weaknesses, []);
  });

  it('takes a weak secret only with a reason, and reports it', async () => {
    writeFileSync(join(folder, 'weak'), 'cisco123\n');
    const give = ['device', 'secret', 'core-1', '--for', 'tacacs', '--secret-file', 'weak'];
    await refused(1, /the secret is weak/, ...give);
    const taken = await done(...give, '--weak-because', 'The old console server takes 16 at most');
    assert.equal(taken.secret, null);
    assert.deepEqual((await done('device', 'show', 'core-1')).weaknesses, ['weak-secret']);
    assert.match((await run('device', 'list')).out, /weak-secret/);
  });

  it('writes exceptions down with all that they need, and lists them as weaknesses', async () => {
    await done('device', 'add', 'printer-3', '--kind', 'printer', '--owner', 'ada');
    const add = ['device', 'exception', 'add', 'printer-3', '--mac', '02-00-5e-10-00-03'];
    const why = ['--owner', 'ada', '--reason', 'No 802.1X', '--control', 'Own VLAN'];
    await refused(2, /^device exception add needs --until <time>\./, ...add, ...why);
    await refused(2, /is over already/, ...add, ...why, '--until', '2020-01-01');
    await refused(1, /a year at most/, ...add, ...why, '--until', '800d');
    await refused(
      2,
      /is not the MAC address of one device/,
      ...add.slice(0, 5),
      '01:00:5e:00:00:01',
      ...why,
      '--until',
      '90d',
    );
    const made = await done(...add, ...why, '--until', '90d');
    assert.equal(made.kind, 'mac');
    const shown = await done('device', 'show', 'printer-3');
    assert.deepEqual(shown.weaknesses, ['exception']);
    assert.equal(shown.mac, '02:00:5e:10:00:03');
    assert.deepEqual(
      { ...shown.proofs[0].exception, owner: '' },
      { owner: '', ownerName: 'ada', reason: 'No 802.1X', control: 'Own VLAN', expired: false },
    );
    const doctor = await run('doctor');
    const list = async (...more: string[]) =>
      (await done('device', 'exception', 'list', ...more)).exceptions.map(
        ({ device, owner, reason, control }: Record<string, string>) => [
          device,
          owner,
          reason,
          control,
        ],
      );
    assert.deepEqual(await list(), [['printer-3', 'ada', 'No 802.1X', 'Own VLAN']]);
    assert.deepEqual(await list('--zone', 'plant'), []);
    assert.deepEqual(await list('--expired'), []);
    const listed = await run('device', 'exception', 'list');
    assert.match(listed.out, /1 exception\..*printer-3 +◐ mac +ada +No 802\.1X +Own VLAN/s);
    assert.match(doctor.out, /An exception stands in for a proof of printer-3/);
    assert.match(doctor.out, /A weak shared secret is held by core-1/);
    const ended = await run('device', 'proof', 'end', 'printer-3', made.proof.slice(-8));
    assert.match(ended.out, /has ended/);
    assert.deepEqual((await done('device', 'show', 'printer-3')).weaknesses, ['no-proof']);
  });

  it('knows a device by a public key, and wants no private one', async () => {
    await refused(2, /is a private key/, 'device', 'key', 'printer-3', '--public-key', 'key.pem');
    await done('device', 'key', 'printer-3', '--public-key', 'key.pub');
    await refused(1, /holds that already/, 'device', 'key', 'core-1', '--public-key', 'key.pub');
  });

  it('changes, disables, enables and retires, and tells what each means', async () => {
    await refused(2, /Nothing was named to change/, 'device', 'change', 'core-1');
    await refused(2, /Did you mean switch/, 'device', 'change', 'core-1', '--kind', 'swich');
    await refused(2, /has bits set/, 'device', 'change', 'core-1', '--address', '192.0.2.7/24');
    await refused(4, /no device “core-9”/, 'device', 'show', 'core-9');
    const changed = await done('device', 'change', 'core-1', '--mac', '', '--zone', 'yard');
    assert.deepEqual([changed.mac, changed.zone], [null, 'yard']);
    assert.match((await run('device', 'disable', 'core-1')).out, /speaks for nobody/);
    assert.equal((await done('device', 'enable', 'core-1')).status, 'active');
    const { id } = await done('device', 'retire', 'core-1');
    await refused(4, /no device/, 'device', 'show', 'core-1');
    await refused(1, /comes back by no way/, 'device', 'enable', id);
    assert.equal((await done('device', 'list', '--status', 'retired')).devices.length, 1);
    assert.deepEqual((await done('device', 'show', id)).proofs, []);
  });

  it('looks at a CSV file first, and adds all of it or nothing', async () => {
    const file = join(folder, 'devices.csv');
    const head = 'name,kind,owner,zone,serial,mac,addresses,groups,purpose\n';
    writeFileSync(
      file,
      `${head}rtu-1,rtu,ada,yard,S1,02:00:5e:10:00:11,,plant,"Pump, north"\nrtu-2,rtuu,bob,yard,S1,zz,,,\n`,
    );
    const looked = await run('device', 'import', 'devices.csv');
    assert.equal(looked.code, 1);
    assert.match(looked.err, /Nothing was added/);
    assert.match(looked.err, /3\s+kind\s+must be one of/);
    assert.match(looked.err, /3\s+mac\s+must be the MAC address/);
    assert.equal((await run('device', 'import', 'devices.csv', '--apply')).code, 1);
    await refused(4, /no device/, 'device', 'show', 'rtu-1');
    writeFileSync(
      file,
      `\ufeff${head}rtu-1,rtu,ada,yard,S1,02:00:5e:10:00:11,,plant,"Pump, north"\r\nrtu-2,rtu,ada,yard,S2,,192.0.2.8 192.0.2.9,,\r\n`,
    );
    const preview = await run('device', 'import', 'devices.csv');
    assert.match(preview.out, /2 devices would be added\. Nothing was changed yet/);
    await refused(4, /no device/, 'device', 'show', 'rtu-1');
    const applied = await done('device', 'import', 'devices.csv', '--apply');
    assert.equal(applied.applied, true);
    const one = await done('device', 'show', 'rtu-1');
    assert.deepEqual([one.purpose, one.groups, one.serial], ['Pump, north', ['plant'], 'S1']);
    assert.deepEqual((await done('device', 'show', 'rtu-2')).addresses, ['192.0.2.8', '192.0.2.9']);
    const again = await run('device', 'import', 'devices.csv', '--apply');
    assert.match(again.err, /there is a device “rtu-1” already/);
    writeFileSync(file, Buffer.from([0xff, 0xfe, 0x41]));
    await refused(2, /not in UTF-8/, 'device', 'import', 'devices.csv');
    await refused(2, /can’t be read/, 'device', 'import', 'nowhere.csv');
  });
});
