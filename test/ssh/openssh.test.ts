/**
 * SSH certificates with OpenSSH's own sshd, ssh and ssh-keygen (T1021.004, P8): what lets people in, and what does not. Each attack
 * stands between two times at which the same thing, done as it should be, works.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { HOUR } from '../../server/kernel/clock.ts';
import { knownHostLine } from '../../server/main/ssh/ssh-setup.ts';
import { eventsOf } from '../support/events.ts';
import { opensshMissing, run, sshClient, sshHost } from '../support/openssh.ts';
import { type OpensshHouse, openOpensshHouse, sshTypesOf } from '../support/openssh-house.ts';
import { passkeySignIn } from '../support/served-people.ts';

describe('OpenSSH', { skip: opensshMissing() }, () => {
  let x: OpensshHouse;
  before(async () => {
    x = await openOpensshHouse(['web1', 'web2', 'vault1', 'far1', 'near1']);
  });
  beforeEach(() => x.signedIn());
  after(() => x?.close());

  it('lets in whoever has a certificate, and its log names the person and the serial', async () => {
    const told = await eventsOf(x.house, async () => {
      const { certificate: line, serial, keyId } = await x.certificate('web1');
      assert.equal(await x.works('web1', 'root', line), 'in');
      assert.equal(keyId, `person:${x.root.id}`);
      assert.match(x.at('web1').log(), new RegExp(`ID ${keyId} \\(serial ${serial}\\)`));
      const file = join(x.mine.folder, 'shown');
      writeFileSync(file, line);
      const shown = await run('ssh-keygen', ['-L', '-f', file]);
      assert.match(shown.out, /root@web1/);
      assert.match(shown.out, /permit-pty/);
      assert.doesNotMatch(shown.out, /permit-agent-forwarding|permit-user-rc/);
    });
    assert.deepEqual(sshTypesOf(told), ['ssh.certificate-issued']);
  });

  it('takes certificates for ECDSA and RSA keys, too', async () => {
    for (const type of [
      ['ecdsa', '256'],
      ['rsa', '3072'],
    ]) {
      const client = sshClient(type);
      const answer = await x.ask('web1', 'root', { publicKey: client.publicKey });
      assert.equal(answer.status, 201, answer.text);
      const keys = await x.house.api('listSshKeys', { token: x.token });
      const { publicKey } = keys.json.keys.find(({ kind }: { kind: string }) => kind === 'host');
      client.knows([knownHostLine('web1', publicKey)]);
      const { code, err } = await client.ssh(x.at('web1'), 'root', answer.json.certificate);
      assert.equal(code, 0, err);
      client.close();
    }
    const weak = sshClient(['rsa', '2048']);
    const answer = await x.ask('web1', 'root', { publicKey: weak.publicKey });
    assert.equal(answer.status, 422, answer.text);
    assert.equal(answer.json.code, 'ssh-key-not-valid');
    weak.close();
  });

  it('refuses the key without a certificate', async () => {
    const { certificate: line } = await x.certificate('web1');
    await x.works('web1', 'root', line);
    await x.refused('web1', 'root', undefined);
    await x.works('web1', 'root', line);
  });

  it('refuses a certificate at another account, and at another host that trusts the same authority', async () => {
    const { certificate: line } = await x.certificate('web1');
    await x.works('web1', 'root', line);
    assert.match(
      await x.refused('web1', 'games', line),
      /does not contain|principal|Failed publickey/i,
    );
    await x.refused('web2', 'root', line);
    await x.works('web1', 'root', line);
    const { certificate: other } = await x.certificate('web2');
    await x.works('web2', 'root', other);
  });

  it('refuses a certificate with anything in it changed, and one of another authority', async () => {
    const { certificate: line } = await x.certificate('web1');
    await x.works('web1', 'root', line);
    const [type = '', blob = ''] = line.split(' ');
    const bytes = Buffer.from(blob, 'base64');
    const at = bytes.indexOf('root@web1');
    bytes.write('game', at);
    await x.refused('web1', 'root', `${type} ${bytes.toString('base64')}`);
    const ca = join(x.mine.folder, 'ca');
    const own = join(x.mine.folder, 'own');
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', ca]);
    writeFileSync(`${own}.pub`, `${x.mine.publicKey}\n`);
    await run('ssh-keygen', [
      '-q',
      '-s',
      ca,
      '-I',
      'person:me',
      '-n',
      'root@web1,root',
      `${own}.pub`,
    ]);
    const { out: forged } = await run('cat', [`${own}-cert.pub`]);
    assert.match(forged, /^ssh-ed25519-cert-v01/);
    await x.refused('web1', 'root', forged.trim());
    await x.works('web1', 'root', line);
  });

  it('refuses a certificate that has expired', async () => {
    await x.works('web1', 'root', (await x.certificate('web1')).certificate);
    x.house.clock.advance(-HOUR);
    const { session } = await passkeySignIn(x.house, x.root);
    const old = await x.ask('web1', 'root', { as: session.token });
    assert.equal(old.status, 201, old.text);
    await x.signedIn();
    assert.match(await x.refused('web1', 'root', old.json.certificate), /expired/i);
    await x.works('web1', 'root', (await x.certificate('web1')).certificate);
  });

  it('refuses a certificate from elsewhere than where it may be used', async () => {
    const near = await x.certificate('near1');
    await x.works('near1', 'root', near.certificate);
    const far = await x.certificate('far1');
    const log = await x.refused('far1', 'root', far.certificate);
    assert.match(log, /not permitted|source|address/i);
    await x.works('near1', 'root', near.certificate);
  });

  it('runs the command that the policy names, whatever is asked for', async () => {
    const { certificate: line } = await x.certificate('vault1');
    assert.equal(await x.works('vault1', 'root', line), 'forced and nothing else');
    for (const command of [
      ['cat', '/etc/shadow'],
      ['sh', '-c', 'id'],
    ]) {
      const { out } = await x.mine.ssh(x.at('vault1'), 'root', line, command);
      assert.equal(out.trim(), 'forced and nothing else');
    }
    const terminal = await x.mine.ssh(x.at('vault1'), 'root', line, ['-tt', 'sh']);
    assert.match(
      terminal.err,
      /PTY allocation request failed/,
      'no policy allows a terminal there',
    );
    const sftp = await x.mine.ssh(x.at('vault1'), 'root', line, ['-s', 'sftp']);
    assert.equal(sftp.out.trim(), 'forced and nothing else', 'a subsystem is the command, too');
    assert.equal(await x.works('web1', 'root', (await x.certificate('web1')).certificate), 'in');
  });

  it('is known to clients by its certificate, and one that passes for it is not', async () => {
    const { certificate: line } = await x.certificate('web1');
    await x.works('web1', 'root', line);
    // Another key, and the certificate of another host: what an attacker in between has.
    const fake = sshHost(x.house.origin, 'web1');
    await fake.ready;
    await fake.fetch();
    await fake.start();
    const plain = await x.mine.ssh(fake, 'root', line);
    assert.equal(plain.code, 255);
    assert.match(plain.err, /Host key verification failed/);
    await fake.close();
    const other = await x.mine.ssh({ name: 'web2', port: x.at('web1').port }, 'root', line);
    assert.equal(other.code, 255);
    assert.match(other.err, /verification failed|name is not a listed principal/i);
    await x.works('web1', 'root', line);
  });
});
