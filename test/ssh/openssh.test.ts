/**
 * SSH certificates with OpenSSH's own sshd, ssh and ssh-keygen (T1021.004, P8): what lets people in, and what does not. Each attack
 * stands between two times at which the same thing, done as it should be, works.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { knownHostLine } from '../../server/main/ssh/ssh-setup.ts';
import { shippedPolicies } from '../../server/policy/shipped.ts';
import { eventsOf, type TestEvent } from '../support/events.ts';
import {
  opensshMissing,
  run,
  type SshClient,
  type SshHost,
  sshClient,
  sshHost,
} from '../support/openssh.ts';
import { openServedHouse, type ServedHouse } from '../support/served-house.ts';
import { type PasskeyPerson, passkeyPerson, passkeySignIn } from '../support/served-people.ts';

const HOUR = 3_600_000;

const POLICIES = `
@id("ops-at-web") @because("Operations look after web servers.")
@ssh("accounts=root,games minutes=5 allow=pty,port-forwarding")
permit (principal in Role::"administrator", action == Action::"logIn", resource in Group::"web");

@id("backup-at-vault") @because("What may be run at the vault is a backup.")
@ssh("accounts=root command=/bin/echo forced and nothing else")
permit (principal in Role::"administrator", action == Action::"logIn", resource == Network::"vault1");

@id("far") @because("Far servers are reached from the jump network.")
@ssh("accounts=root source=192.0.2.0/24")
permit (principal in Role::"administrator", action == Action::"logIn", resource == Network::"far1");

@id("near") @because("Near servers are reached from where one signed in.")
@ssh("accounts=root source=here,192.0.2.0/24")
permit (principal in Role::"administrator", action == Action::"logIn", resource == Network::"near1");

@id("two-say") @because("Two that contradict one another: one.")
@ssh("accounts=root command=/bin/true")
permit (principal in Role::"administrator", action == Action::"logIn", resource == Network::"odd1");
@id("two-say-other") @because("Two that contradict one another: two.")
@ssh("accounts=root command=/bin/false")
permit (principal in Role::"administrator", action == Action::"logIn", resource == Network::"odd1");
`;

const HOSTS = {
  web1: ['web'],
  web2: ['web'],
  vault1: [],
  far1: [],
  near1: [],
  odd1: [],
  bare1: [],
};

describe('OpenSSH', { skip: opensshMissing() }, () => {
  let house: ServedHouse;
  let root: PasskeyPerson;
  let token: string;
  let mine: SshClient;
  const hosts = new Map<string, SshHost>();

  before(async () => {
    const policies = { ...shippedPolicies(), 'test.cedar': POLICIES };
    house = await openServedHouse({ parts: { shippedPolicies: policies } });
    // The keys that sign are older than anything here: one test goes back to before now.
    house.clock.advance(Date.now() - 2 * HOUR - house.clock.now());
    await house.house.ssh.keys.ready();
    root = await passkeyPerson(house, 'root', ['administrator']);
    for (const [name, groups] of Object.entries(HOSTS)) {
      const device = {
        name,
        kind: 'server' as const,
        owner: root.id,
        groups,
        zone: '',
        serial: undefined,
        mac: undefined,
        addresses: [],
        purpose: 'tests',
      };
      const added = await house.house.store.write((tx) =>
        house.house.devices.add(tx, device, { door: 'cli' }),
      );
      assert.ok(added.ok, JSON.stringify(added));
    }
    mine = sshClient();
    await signedIn();
    for (const name of ['web1', 'web2', 'vault1', 'far1', 'near1']) {
      const host = sshHost(house.origin, name);
      await host.ready;
      hosts.set(name, host);
      await host.fetch();
      await host.start(await hostCertificate(name));
    }
    const keys = await house.api('listSshKeys', { token });
    const lines = keys.json.keys
      .filter(({ kind }: { kind: string }) => kind === 'host')
      .flatMap(({ publicKey }: { publicKey: string }) =>
        Object.keys(HOSTS).map((name) => knownHostLine(name, publicKey)),
      );
    mine.knows(lines);
  });
  beforeEach(() => signedIn());
  after(async () => {
    for (const host of hosts.values()) await host.stop();
    mine?.close();
    await house?.close();
  });

  async function signedIn(person = root): Promise<string> {
    house.clock.advance(Date.now() - house.clock.now());
    const { session } = await passkeySignIn(house, person);
    if (person === root) token = session.token;
    return session.token;
  }

  /** What cron does, once the list that was made a moment ago is made again. */
  let later = 0;
  const remade = () => {
    later += 3000;
    house.clock.advance(later);
  };
  async function fetchAt(name: string): Promise<void> {
    remade();
    await at(name).fetch();
  }

  const at = (name: string): SshHost => {
    const host = hosts.get(name);
    assert.ok(host, name);
    return host;
  };

  async function hostCertificate(device: string, names: readonly string[] = []): Promise<string> {
    const body = { device, names, publicKey: at(device).publicKey };
    const answer = await house.api('issueSshHostCertificate', { token, body });
    assert.equal(answer.status, 201, answer.text);
    return answer.json.certificate;
  }

  async function ask(
    host: string,
    account?: string,
    more: { publicKey?: string; as?: string } = {},
  ) {
    const body = {
      host,
      publicKey: more.publicKey ?? mine.publicKey,
      ...(account === undefined ? {} : { account }),
    };
    return house.api('logInBySsh', { token: more.as ?? token, body });
  }

  async function certificate(host: string, account = 'root') {
    const answer = await ask(host, account);
    assert.equal(answer.status, 201, answer.text);
    return answer.json as { certificate: string; serial: string; keyId: string };
  }

  const works = async (host: string, account: string, line: string) => {
    const { code, out, err } = await mine.ssh(at(host), account, line);
    assert.equal(code, 0, err + at(host).log());
    return out.trim();
  };
  const refused = async (host: string, account: string, line: string | undefined) => {
    const { code, err } = await mine.ssh(at(host), account, line);
    assert.equal(code, 255);
    assert.match(err, /Permission denied/);
    return at(host).log();
  };
  const typesOf = (all: readonly TestEvent[]) =>
    all.map(({ type }) => type).filter((type) => type.startsWith('ssh.'));

  it('lets in whoever has a certificate, and its log names the person and the serial', async () => {
    const told = await eventsOf(house, async () => {
      const { certificate: line, serial, keyId } = await certificate('web1');
      assert.equal(await works('web1', 'root', line), 'in');
      assert.equal(keyId, `person:${root.id}`);
      assert.match(at('web1').log(), new RegExp(`ID ${keyId} \\(serial ${serial}\\)`));
      const file = join(mine.folder, 'shown');
      writeFileSync(file, line);
      const shown = await run('ssh-keygen', ['-L', '-f', file]);
      assert.match(shown.out, /root@web1/);
      assert.match(shown.out, /permit-pty/);
      assert.doesNotMatch(shown.out, /permit-agent-forwarding|permit-user-rc/);
    });
    assert.deepEqual(typesOf(told), ['ssh.certificate-issued']);
  });

  it('takes certificates for ECDSA and RSA keys, too', async () => {
    for (const type of [
      ['ecdsa', '256'],
      ['rsa', '3072'],
    ]) {
      const client = sshClient(type);
      const answer = await ask('web1', 'root', { publicKey: client.publicKey });
      assert.equal(answer.status, 201, answer.text);
      const keys = await house.api('listSshKeys', { token });
      const { publicKey } = keys.json.keys.find(({ kind }: { kind: string }) => kind === 'host');
      client.knows([knownHostLine('web1', publicKey)]);
      const { code, err } = await client.ssh(at('web1'), 'root', answer.json.certificate);
      assert.equal(code, 0, err);
      client.close();
    }
    const weak = sshClient(['rsa', '2048']);
    const answer = await ask('web1', 'root', { publicKey: weak.publicKey });
    assert.equal(answer.status, 422, answer.text);
    assert.equal(answer.json.code, 'ssh-key-not-valid');
    weak.close();
  });

  it('refuses the key without a certificate', async () => {
    const { certificate: line } = await certificate('web1');
    await works('web1', 'root', line);
    await refused('web1', 'root', undefined);
    await works('web1', 'root', line);
  });

  it('refuses a certificate at another account, and at another host that trusts the same authority', async () => {
    const { certificate: line } = await certificate('web1');
    await works('web1', 'root', line);
    assert.match(
      await refused('web1', 'games', line),
      /does not contain|principal|Failed publickey/i,
    );
    await refused('web2', 'root', line);
    await works('web1', 'root', line);
    const { certificate: other } = await certificate('web2');
    await works('web2', 'root', other);
  });

  it('refuses a certificate with anything in it changed, and one of another authority', async () => {
    const { certificate: line } = await certificate('web1');
    await works('web1', 'root', line);
    const [type = '', blob = ''] = line.split(' ');
    const bytes = Buffer.from(blob, 'base64');
    const at = bytes.indexOf('root@web1');
    bytes.write('game', at);
    await refused('web1', 'root', `${type} ${bytes.toString('base64')}`);
    const ca = join(mine.folder, 'ca');
    const own = join(mine.folder, 'own');
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', ca]);
    writeFileSync(`${own}.pub`, `${mine.publicKey}\n`);
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
    await refused('web1', 'root', forged.trim());
    await works('web1', 'root', line);
  });

  it('refuses a certificate after it was revoked, and no other', async () => {
    const first = await certificate('web1');
    const second = await certificate('web1');
    await works('web1', 'root', first.certificate);
    const told = await eventsOf(house, async () => {
      const params = { serial: first.serial };
      const revoked = await house.api('revokeSshCertificate', { token, params });
      assert.equal(revoked.status, 204, revoked.text);
      const again = await house.api('revokeSshCertificate', { token, params });
      assert.equal(again.status, 404);
    });
    assert.deepEqual(typesOf(told), ['ssh.certificate-revoked']);
    await fetchAt('web1');
    const log = await refused('web1', 'root', first.certificate);
    assert.match(log, /revoked/i);
    await works('web1', 'root', second.certificate);
    // OpenSSH's own reader says the same.
    for (const [line, code] of [
      [first.certificate, 1],
      [second.certificate, 0],
    ] as const) {
      const file = join(mine.folder, 'asked.pub');
      writeFileSync(file, `${line}\n`);
      const asked = await run('ssh-keygen', ['-Q', '-f', join(at('web1').folder, 'krl'), file]);
      assert.equal(asked.code, code, asked.out + asked.err);
    }
  });

  it('refuses certificates of a session that was ended, and of a person who was disabled', async () => {
    const before = await certificate('web1');
    await works('web1', 'root', before.certificate);
    const sessions = await house.api('listMySessions', { token });
    const current = sessions.json.items.find(({ current }: { current: boolean }) => current);
    const ended = await house.api('endMySession', { token, params: { id: current.id } });
    assert.equal(ended.status, 204, ended.text);
    await signedIn();
    const after = await certificate('web1');
    await fetchAt('web1');
    assert.match(await refused('web1', 'root', before.certificate), /revoked/i);
    await works('web1', 'root', after.certificate);

    const ben = await passkeyPerson(house, 'ben', ['administrator']);
    const his = await ask('web1', 'root', { as: await signedIn(ben) });
    assert.equal(his.status, 201, his.text);
    await works('web1', 'root', his.json.certificate);
    const disabled = await house.api('disablePerson', { token, params: { id: ben.id } });
    assert.ok(disabled.status < 300, disabled.text);
    await fetchAt('web1');
    assert.match(await refused('web1', 'root', his.json.certificate), /revoked/i);
    await works('web1', 'root', after.certificate);
  });

  it('refuses a key that was revoked, with a new certificate, too', async () => {
    const lost = sshClient();
    lost.knows([]);
    const first = await ask('web1', 'root', { publicKey: lost.publicKey });
    assert.equal(first.status, 201);
    const body = { publicKey: lost.publicKey };
    assert.equal((await house.api('revokeSshKey', { token, body })).status, 204);
    const second = await ask('web1', 'root', { publicKey: lost.publicKey });
    assert.equal(second.status, 422);
    assert.match(second.json.says, /revoked/);
    await fetchAt('web1');
    const file = join(lost.folder, 'asked.pub');
    writeFileSync(file, `${first.json.certificate}\n`);
    const asked = await run('ssh-keygen', ['-Q', '-f', join(at('web1').folder, 'krl'), file]);
    assert.equal(asked.code, 1, asked.out);
    await works('web1', 'root', (await certificate('web1')).certificate);
    lost.close();
  });

  it('refuses a certificate that has expired', async () => {
    await works('web1', 'root', (await certificate('web1')).certificate);
    house.clock.advance(-HOUR);
    const { session } = await passkeySignIn(house, root);
    const old = await ask('web1', 'root', { as: session.token });
    assert.equal(old.status, 201, old.text);
    await signedIn();
    assert.match(await refused('web1', 'root', old.json.certificate), /expired/i);
    await works('web1', 'root', (await certificate('web1')).certificate);
  });

  it('refuses a certificate from elsewhere than where it may be used', async () => {
    const near = await certificate('near1');
    await works('near1', 'root', near.certificate);
    const far = await certificate('far1');
    const log = await refused('far1', 'root', far.certificate);
    assert.match(log, /not permitted|source|address/i);
    await works('near1', 'root', near.certificate);
  });

  it('runs the command that the policy names, whatever is asked for', async () => {
    const { certificate: line } = await certificate('vault1');
    assert.equal(await works('vault1', 'root', line), 'forced and nothing else');
    for (const command of [
      ['cat', '/etc/shadow'],
      ['sh', '-c', 'id'],
    ]) {
      const { out } = await mine.ssh(at('vault1'), 'root', line, command);
      assert.equal(out.trim(), 'forced and nothing else');
    }
    const terminal = await mine.ssh(at('vault1'), 'root', line, ['-tt', 'sh']);
    assert.match(
      terminal.err,
      /PTY allocation request failed/,
      'no policy allows a terminal there',
    );
    const sftp = await mine.ssh(at('vault1'), 'root', line, ['-s', 'sftp']);
    assert.equal(sftp.out.trim(), 'forced and nothing else', 'a subsystem is the command, too');
    assert.equal(await works('web1', 'root', (await certificate('web1')).certificate), 'in');
  });

  it('is known to clients by its certificate, and one that passes for it is not', async () => {
    const { certificate: line } = await certificate('web1');
    await works('web1', 'root', line);
    // Another key, and the certificate of another host: what an attacker in between has.
    const fake = sshHost(house.origin, 'web1');
    await fake.ready;
    await fake.fetch();
    await fake.start();
    const plain = await mine.ssh(fake, 'root', line);
    assert.equal(plain.code, 255);
    assert.match(plain.err, /Host key verification failed/);
    await fake.stop();
    const other = await mine.ssh({ name: 'web2', port: at('web1').port }, 'root', line);
    assert.equal(other.code, 255);
    assert.match(other.err, /verification failed|name is not a listed principal/i);
    await works('web1', 'root', line);
  });

  it('refuses every certificate of an authority’s key that was ended at once', async () => {
    const before = await certificate('web1');
    await works('web1', 'root', before.certificate);
    const body = { kind: 'user', at: 'once' };
    const rotated = await house.api('rotateSshKeys', { token, body });
    assert.equal(rotated.json?.rotated, true, rotated.text);
    const after = await certificate('web1');
    // A host that has fetched the list alone refuses the old one, and does not trust the new one yet.
    remade();
    await run('sh', ['-c', `curl -fsS -o ${at('web1').folder}/krl ${house.origin}/ssh/krl`]);
    assert.match(await refused('web1', 'root', before.certificate), /revoked/i);
    await refused('web1', 'root', after.certificate);
    await fetchAt('web1');
    await works('web1', 'root', after.certificate);
    await refused('web1', 'root', before.certificate);
  });

  it('goes on through a planned rotation: both keys are trusted, and the next one signs later', async () => {
    await fetchAt('web1');
    const before = await certificate('web1');
    const body = { kind: 'user' };
    const rotated = await house.api('rotateSshKeys', { token, body });
    assert.equal(rotated.json?.rotated, true, rotated.text);
    assert.equal((await house.api('rotateSshKeys', { token, body })).json.rotated, false);
    await works('web1', 'root', (await certificate('web1')).certificate);
    await fetchAt('web1');
    const { out } = await run('cat', [join(at('web1').folder, 'user-ca.pub')]);
    assert.equal(out.trim().split('\n').length, 2);
    await works('web1', 'root', before.certificate);
  });
});
