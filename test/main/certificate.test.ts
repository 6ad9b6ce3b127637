/** `sallyport authority …` and `sallyport certificate …`, typed by whoever runs the machine, with OpenSSL on the other side. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { lookAtAuthority } from '../../server/main/doctor/authority-look.ts';
import { beginIn, runCommand } from '../support/command.ts';
import { look as lookAt } from '../support/doctor.ts';

describe('the command line, looking after certificates', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-certificate-'));
  const run = (...args: string[]) => runCommand(folder, args);
  const done = async (...args: string[]) => {
    const { code, out, err } = await run(...args, '--json');
    assert.equal(code, 0, out + err);
    return JSON.parse(out);
  };
  const refused = async (code: number, says: RegExp, ...args: string[]) => {
    const ran = await run(...args);
    assert.deepEqual([ran.code, ran.out], [code, ''], ran.err);
    assert.match(ran.err, says);
  };
  const openssl = (...words: string[]) =>
    execFileSync('openssl', words, { cwd: folder, stdio: 'pipe' }).toString();
  const request = (name: string) =>
    openssl(
      'req',
      '-new',
      '-nodes',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
      '-subj',
      `/CN=${name}`,
    );

  before(async () => {
    await beginIn(folder);
    await run('person', 'add', 'ada');
    await done('device', 'add', 'plc-7', '--kind', 'controller', '--owner', 'ada');
    request('plc-7');
    request('web.example');
  });
  after(() => rmSync(folder, { recursive: true }));

  it('says that there is no authority yet, and makes one when it is told to', async () => {
    assert.match((await run('authority', 'show')).out, /There is no authority yet/);
    await refused(4, /There is no authority yet/, 'authority', 'export-root', 'root.pem');
    await done('authority', 'init');
    assert.match((await run('authority', 'show')).out, /compares its\s+SHA-256:\s+(..:){31}../);
    const { authorities } = await done('authority', 'show');
    assert.deepEqual(
      authorities.map(({ role, hasKey }: { role: string; hasKey: boolean }) => [role, hasKey]),
      [
        ['issuing', true],
        ['root', true],
      ],
    );
  });

  it('issues by a request, into a file for its owner alone', async () => {
    await done(
      'certificate',
      'sign',
      'plc-7.csr',
      '--profile',
      'device',
      '--for',
      'device:plc-7',
      '--out',
      'plc-7.pem',
    );
    assert.equal(statSync(join(folder, 'plc-7.pem')).mode & 0o077, 0);
    const web = ['--profile', 'server', '--for', 'server:web.example', '--name', 'web.example'];
    const told = await run('certificate', 'sign', 'web.example.csr', ...web, '--out', 'told.pem');
    assert.match(told.out.replace(/\s+/g, ' '), /good until .* UTC; it is in \S+\/told\.pem\./);
    assert.match(
      openssl('x509', '-in', 'plc-7.pem', '-noout', '-text'),
      /URI:urn:sallyport:device:/,
    );
    await refused(
      2,
      /not its own \(plc-7\)/,
      'certificate',
      'sign',
      'plc-7.csr',
      '--profile',
      'server',
      '--for',
      'server:other.example',
    );
    await refused(
      4,
      /no device “plc-8”/,
      'certificate',
      'sign',
      'plc-7.csr',
      '--profile',
      'device',
      '--for',
      'device:plc-8',
    );
    await refused(
      2,
      /no profile “root”/,
      'certificate',
      'sign',
      'plc-7.csr',
      '--profile',
      'root',
      '--for',
      'device:plc-7',
    );
    const shown = await run(
      'certificate',
      'sign',
      'web.example.csr',
      '--profile',
      'server',
      '--for',
      'server:web.example',
    );
    assert.match(shown.out, /^-----BEGIN CERTIFICATE-----/);
  });

  it('lists, renews and revokes', async () => {
    const { certificates } = await done('certificate', 'list', '--for', 'device:plc-7');
    const [{ serial }] = certificates;
    const renewed = await done('certificate', 'renew', serial);
    assert.notEqual(renewed.serial, serial);
    const spelt = serial.toUpperCase().replaceAll(/..(?=.)/g, '$&:');
    assert.equal(
      (await done('certificate', 'revoke', spelt, '--reason', 'superseded')).state,
      'revoked',
    );
    await refused(2, /was revoked/, 'certificate', 'renew', serial);
    await refused(
      2,
      /no reason to revoke for “whim”/,
      'certificate',
      'revoke',
      serial,
      '--reason',
      'whim',
    );
    const left = await done('certificate', 'list', '--state', 'good', '--profile', 'device');
    assert.deepEqual(
      left.certificates.map((each: { serial: string }) => each.serial),
      [renewed.serial],
    );
    const listed = await run('device', 'list');
    assert.match(listed.out, /plc-7 .*certificate/);
    const shown = await run('device', 'show', 'plc-7');
    const words = shown.out.replaceAll(/\s+/g, ' ');
    assert.match(
      words,
      /certificate +device +never +\d{4}-\d\d-\d\d/,
      'not shown yet, with its end',
    );
    assert.ok(!words.includes(serial), 'what was revoked is no proof');
  });

  it('has nothing on record of a root that could not be written anywhere, and leaves no file', async () => {
    writeFileSync(join(folder, 'taken.pem'), 'mine');
    for (const [code, file, says] of [
      [5, 'nowhere/root.pem', /nowhere\/root\.pem is not there, and can’t be made/],
      [2, 'taken.pem', /There is a file taken\.pem already/],
    ] as const) {
      await refused(code, says, 'authority', 'export-root', file);
      await refused(code, says, 'authority', 'export-root', file, '--remove-key');
    }
    assert.equal(readFileSync(join(folder, 'taken.pem'), 'utf8'), 'mine');
    const search = ['record', 'search', '--type', 'authority.root-exported'];
    assert.deepEqual((await done(...search)).events, []);
    const { authorities } = await done('authority', 'show');
    assert.equal(authorities.find(({ role }: { role: string }) => role === 'root').hasKey, true);
    await done('authority', 'export-root', 'kept.pem');
    assert.equal((await done(...search)).events.length, 1);
    assert.equal(statSync(join(folder, 'kept.pem')).mode & 0o777, 0o600);
  });

  it('takes the root out under a passphrase that OpenSSL takes, too, and brings it back', async () => {
    const { passphrase } = await done('authority', 'export-root', 'root.pem', '--remove-key');
    openssl('pkey', '-in', 'root.pem', '-passin', `pass:${passphrase}`, '-noout');
    assert.throws(() => openssl('pkey', '-in', 'root.pem', '-passin', 'pass:wrong', '-noout'));
    const { authorities } = await done('authority', 'show');
    assert.equal(authorities.find(({ role }: { role: string }) => role === 'root').hasKey, false);
    await refused(2, /not here/, 'authority', 'export-root', 'again.pem');
    // Issuing goes on.
    await done(
      'certificate',
      'sign',
      'web.example.csr',
      '--profile',
      'server',
      '--for',
      'server:web.example',
      '--out',
      'web.pem',
    );
    writeFileSync(join(folder, 'pass.txt'), 'wrong');
    await refused(
      2,
      /can’t be read/,
      'authority',
      'import-root',
      'root.pem',
      '--passphrase-file',
      'pass.txt',
    );
    const look = async (now: number) => {
      const found = await lookAt(lookAtAuthority, folder, '', {}, now);
      return found.map(({ state, what }) => `${state} ${what}`).join('\n');
    };
    const DAY = 86_400_000;
    assert.doesNotMatch(await look(Date.now()), /list of the root/);
    assert.match(await look(Date.now() + 350 * DAY), /warn The list of the root is over on/);
    assert.match(await look(Date.now() + 401 * DAY), /warn The list of the root is over, and/);
    const ended = authorities.find(({ role }: { role: string }) => role === 'issuing');
    const revoked = await run('authority', 'revoke', ended.id, '--reason', 'ca-compromise');
    assert.match(revoked.out, /Others don’t learn of it.*before the root’s key is\s+back/s);
    const name = ended.id.slice(0, 8);
    const unlisted = new RegExp(`warn The list of the root does not say yet that .* CA ${name}`);
    assert.match(await look(Date.now()), unlisted);
    writeFileSync(join(folder, 'pass.txt'), `${passphrase}\n`);
    await done('authority', 'import-root', 'root.pem', '--passphrase-file', 'pass.txt');
    assert.doesNotMatch(await look(Date.now()), /list of the root/);
    await done('authority', 'init');
  });

  it('ends an issuing CA, and makes the next one with the next certificate', async () => {
    const [{ id }] = (await done('authority', 'show')).authorities;
    await done('authority', 'revoke', id, '--reason', 'ca-compromise');
    await done(
      'certificate',
      'sign',
      'plc-7.csr',
      '--profile',
      'device',
      '--for',
      'device:plc-7',
      '--out',
      'new.pem',
    );
    const { authorities } = await done('authority', 'show');
    const inUse = authorities.find(
      ({ role, inUse }: { role: string; inUse: boolean }) => role === 'issuing' && inUse,
    );
    assert.notEqual(inUse.id, id);
  });

  it('trusts a CA of others, and no longer', async () => {
    openssl(
      'req',
      '-x509',
      '-nodes',
      '-newkey',
      'rsa:2048',
      '-keyout',
      'corp.key',
      '-out',
      'corp.pem',
      '-subj',
      '/CN=Corp',
      '-addext',
      'keyUsage=critical,keyCertSign,cRLSign',
    );
    await done('authority', 'trust', 'add', 'corp.pem', '--name', 'Corp', '--for', 'device,person');
    assert.match((await run('authority', 'trust', 'list')).out, /Corp +device, person/);
    await refused(
      1,
      /is called Corp already/,
      'authority',
      'trust',
      'add',
      'corp.pem',
      '--name',
      'Corp',
      '--for',
      'device',
    );
    await refused(
      2,
      /no kind of subject/,
      'authority',
      'trust',
      'add',
      'corp.pem',
      '--name',
      'Other',
      '--for',
      'everything',
    );
    await refused(
      2,
      /can’t be taken in/,
      'authority',
      'trust',
      'import-list',
      'corp.pem',
      '--name',
      'Corp',
    );
    await done('authority', 'trust', 'remove', 'Corp');
    await refused(4, /No CA is called Corp/, 'authority', 'trust', 'remove', 'Corp');
  });

  it('has Sallyport served by a certificate of its own, and leaves the rest of its settings alone', async () => {
    writeFileSync(join(folder, 'sallyport.yaml'), '# ours\nweb:\n  organisation: Plant # here\n');
    assert.match(
      (await run('authority', 'https')).out,
      /only this computer\s+reaches:\s+listen\.host: 0\.0\.0\.0/,
    );
    const text = readFileSync(join(folder, 'sallyport.yaml'), 'utf8');
    assert.match(text, /^# ours\nweb:\n {2}organisation: Plant # here\n/);
    assert.match(text, /listen:\n {2}tls:\n {4}own: true\n/);
    assert.equal((await done('authority', 'https')).changed, false);
    assert.equal((await run('config', 'check')).code, 0);
  });
});
