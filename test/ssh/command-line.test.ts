/** `./sallyport ssh …` from somebody's own computer: the browser, a certificate, an agent, and plain ssh by ~/.ssh/config. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { EXIT } from '../../server/main/terminal/exit.ts';
import { shippedPolicies } from '../../server/policy/shipped.ts';
import { administering, agree, catchUp, type Desk, openDesk } from '../support/elsewhere.ts';
import { eventsOf } from '../support/events.ts';
import { type OidcHouse, openOidcHouse, wander } from '../support/oidc-house.ts';
import { opensshMissing, run, type SshHost, sshHost } from '../support/openssh.ts';
import { type PasskeyPerson, passkeyPerson, passkeySignIn } from '../support/served-people.ts';

const POLICIES = `
@id("ops-at-web") @because("Operations look after web servers.")
@ssh("accounts=root,games minutes=5 allow=pty")
permit (principal in Role::"administrator", action == Action::"logIn", resource == Network::"web1");
@id("ops-elsewhere") @because("Operations log in elsewhere, too; with which account, nobody has said.")
permit (principal in Role::"administrator", action == Action::"logIn", resource == Network::"web2");
`;

describe('ssh at the command line', { skip: opensshMissing() }, () => {
  let house: OidcHouse;
  let root: PasskeyPerson;
  let desk: Desk;
  let host: SshHost & { readonly ready: Promise<void> };
  before(async () => {
    const parts = { shippedPolicies: { ...shippedPolicies(), 'test.cedar': POLICIES } };
    house = await openOidcHouse({ parts });
    root = await passkeyPerson(house, 'root', ['administrator']);
    catchUp(house);
    for (const alg of ['ES256', 'EdDSA', 'RS256'] as const) await house.house.signing.ready(alg);
    const more = { serial: undefined, mac: undefined, addresses: [], purpose: '', zone: '' };
    for (const name of ['web1', 'web2']) {
      const device = { name, kind: 'server' as const, owner: root.id, groups: [], ...more };
      const added = await house.house.store.write((tx) =>
        house.house.devices.add(tx, device, { door: 'cli' }),
      );
      assert.ok(added.ok);
    }
    desk = openDesk({ SALLYPORT_AT: house.origin });
    host = sshHost(house.origin, 'web1');
    await host.ready;
    await host.fetch();
  });
  after(async () => {
    await host?.close();
    desk?.close();
    await house?.close();
  });

  const browse = (person = root) => administering(house, house.browser(), person);
  const folder = () => join(desk.folder, 'config', 'sallyport', 'ssh');

  const options = (identity: string) => [
    ...['-F', 'none', '-p', String(host.port), '-i', identity],
    ...['BatchMode=yes', 'StrictHostKeyChecking=yes', 'HostKeyAlias=web1'].flatMap((o) => [
      '-o',
      o,
    ]),
    ...['-o', `UserKnownHostsFile=${folder()}/known_hosts`],
  ];

  it('signs in in the browser by itself, and writes files that nobody else can read', async () => {
    const told = await eventsOf(house, async () => {
      const { code, out, err } = await desk.run(['ssh', 'login', 'web1', '--as', 'root'], browse());
      assert.equal(code, 0, err);
      assert.match(out, /You are \S+ at \S+, and may log in as root@web1 until/);
      assert.match(err, /You are signed in at \S+ as \S+\.$/m);
      // In one line whatever the width, since it is copied into a shell.
      assert.match(out, /^ {2}ssh -i \S+ -o .* root@web1$/m);
    });
    assert.ok(told.some(({ type }) => type === 'ssh.certificate-issued'));
    for (const file of ['web1.root', 'web1.root-cert.pub', 'known_hosts']) {
      assert.equal(statSync(join(folder(), file)).mode & 0o777, 0o600, file);
    }
    const shown = await run('ssh-keygen', ['-L', '-f', join(folder(), 'web1.root-cert.pub')]);
    assert.match(shown.out, /root@web1/);
    assert.equal((await run('ssh-keygen', ['-y', '-f', join(folder(), 'web1.root')])).code, 0);
  });

  it('certifies the host, and ssh goes there with both certificates', async () => {
    const key = join(desk.folder, 'host.pub');
    writeFileSync(key, `${host.publicKey}\n`);
    const made = await desk.run(
      ['ssh', 'host-certificate', 'web1', 'host.pub', '--name', 'web1.example.com'],
      browse(),
    );
    assert.equal(made.code, 0, made.err);
    await host.start(made.out.trim());
    const { code, out, err } = await run('ssh', [
      ...options(join(folder(), 'web1.root')),
      'root@127.0.0.1',
      'echo in',
    ]);
    assert.equal(code, 0, err + host.log());
    assert.equal(out.trim(), 'in');
  });

  it('lets plain ssh do it all by what ssh config prints', async () => {
    const { code, out, err } = await desk.run([
      ...['ssh', 'config', 'web1', '--address', '127.0.0.1', '--port', String(host.port)],
    ]);
    assert.equal(code, 0, err);
    assert.match(
      out,
      /^Match originalhost web1 user "\*,!\*'\*" exec ".*sallyport ssh login web1 --as '%r' --keep --at /,
    );
    const file = join(desk.folder, 'ssh_config');
    writeFileSync(file, out);
    chmodSync(file, 0o600);
    const went = await run('ssh', ['-F', file, '-o', 'BatchMode=yes', 'root@web1', 'echo in'], {
      XDG_CONFIG_HOME: join(desk.folder, 'config'),
    });
    assert.equal(went.code, 0, went.err + host.log());
    const again = await desk.run(['ssh', 'login', 'web1', '--as', 'root', '--keep']);
    assert.deepEqual(
      [again.code, again.out, again.err],
      [0, '', ''],
      'nobody is asked while it is good',
    );
  });

  it('runs nothing for an account with quotation marks, of which ssh before 9.6 makes words for the shell', async () => {
    const { out } = await desk.run(['ssh', 'config', 'web1']);
    const [marker, ran] = [join(desk.folder, 'marker'), join(desk.folder, 'ran')];
    // In the place of ours, a command that shows that it was run.
    const lines = out.replace(/exec "\S+ /, `exec "touch ${ran} && echo `);
    assert.notEqual(lines, out);
    const file = join(desk.folder, 'ssh_config_quoted');
    const as = async (account: string) => {
      writeFileSync(file, `User "${account}"\n${lines}`);
      chmodSync(file, 0o600);
      rmSync(ran, { force: true });
      return run('ssh', ['-G', '-F', file, 'web1']);
    };
    await as(`x';touch ${marker};'`);
    assert.deepEqual([existsSync(marker), existsSync(ran)], [false, false]);
    await as('deploy');
    assert.deepEqual([existsSync(marker), existsSync(ran)], [false, true]);
  });

  it('writes no path that ssh would read as something else, and one with spaces as one', async () => {
    const at = async (name: string) => {
      const home = join(desk.folder, name);
      const other = openDesk({ SALLYPORT_AT: house.origin, XDG_CONFIG_HOME: home });
      const ran = await other.run(['ssh', 'config', 'web1']);
      other.close();
      return ran;
    };
    const spaced = await at('my home');
    assert.match(spaced.out, /^ {2}IdentityFile "\S+\/my home\/sallyport\/ssh\/web1\.%r"$/m);
    for (const name of ["o'hara", '100%', 'a"b', 'a$HOME']) {
      const { code, out, err } = await at(name);
      assert.deepEqual([code, out], [2, ''], name);
      assert.match(err, /reads as something else/);
    }
  });

  it('gets none for somebody else than was expected', async () => {
    const before = readFileSync(join(folder(), 'web1.root-cert.pub'), 'utf8');
    const line = ['ssh', 'login', 'web1', '--as', 'root', '--person'];
    const refused = await desk.run([...line, 'mallory'], browse());
    assert.equal(refused.code, 3);
    assert.match(refused.err, /and not mallory\. It was not used/);
    assert.equal(readFileSync(join(folder(), 'web1.root-cert.pub'), 'utf8'), before);
    const kept = await desk.run([...line, 'mallory', '--keep']);
    assert.equal(kept.code, 2, 'what is kept may be of anybody');
    const name = /this is (\S+), and not/.exec(refused.err)?.[1] ?? '';
    assert.equal((await desk.run([...line, name], browse())).code, 0);
  });

  it('learns anew by whom its host is known, where another command at the same moment took that away', async () => {
    const known = join(folder(), 'known_hosts');
    const before = readFileSync(known, 'utf8');
    assert.match(before, /^@cert-authority web1 /m);
    const other = before.replaceAll('@cert-authority web1 ', '@cert-authority web2 ');
    writeFileSync(known, other);
    const keep = ['ssh', 'login', 'web1', '--as', 'root', '--keep'];
    assert.equal((await desk.run(keep, browse())).code, 0);
    assert.equal(readFileSync(known, 'utf8'), other + before);
    const again = await desk.run(keep);
    assert.deepEqual([again.code, again.out], [0, ''], 'and then it is good');
  });

  it('tells ssh the address and the port of a host, where what is typed at ssh itself counts more', async () => {
    const { out } = await desk.run([
      ...['ssh', 'config', 'web1', '--address', '2001:db8::7', '--port', '2222'],
    ]);
    const file = join(desk.folder, 'ssh_config_port');
    // What it runs first is not what this is about.
    writeFileSync(file, out.replace(/ exec ".*"/, ''), { mode: 0o600 });
    const asSsh = async (...words: string[]) => {
      const read = await run('ssh', ['-F', file, ...words, '-G', 'root@web1']);
      assert.equal(read.code, 0, read.err);
      return ['hostname', 'port', 'hostkeyalias'].map(
        (name) => new RegExp(`^${name} (.*)$`, 'm').exec(read.out)?.[1],
      );
    };
    assert.deepEqual(await asSsh(), ['2001:db8::7', '2222', 'web1']);
    assert.deepEqual(await asSsh('-p', '22'), ['2001:db8::7', '22', 'web1']);
    for (const [says, ...words] of [
      [/is no port/, '--port', '0'],
      [/is no port/, '--port', '65536'],
      [/is no port/, '--port', '22\n  ProxyCommand x'],
      [/a port goes into --port/, '--address', '10.1.2.3:2222'],
      [/no name or address/, '--address', 'x\n  ProxyCommand y'],
    ] as const) {
      const ran = await desk.run(['ssh', 'config', 'web1', ...words]);
      assert.deepEqual([ran.code, ran.out], [2, ''], words.join(' '));
      assert.match(ran.err, says);
    }
  });

  it('puts it into an agent, which forgets it', async () => {
    const socket = join(desk.folder, 'agent');
    const agent = execFileSync('ssh-agent', ['-s', '-a', socket], { encoding: 'utf8' });
    const pid = Number(/SSH_AGENT_PID=(\d+)/.exec(agent)?.[1]);
    const own = openDesk({ SALLYPORT_AT: house.origin, SSH_AUTH_SOCK: socket });
    try {
      const { code, out, err } = await own.run(
        ['ssh', 'login', 'web1', '--as', 'games', '--json'],
        browse(),
      );
      assert.equal(code, 0, err);
      const { kept, path, serial } = JSON.parse(out);
      assert.deepEqual([kept, path], ['agent', null]);
      assert.ok(serial);
      const held = await run('ssh-add', ['-L'], { SSH_AUTH_SOCK: socket });
      assert.match(held.out, /ssh-ed25519-cert-v01@openssh\.com/);
      assert.ok(!existsSync(join(own.folder, 'config/sallyport/ssh/web1.games')));
    } finally {
      process.kill(pid);
      own.close();
    }
  });

  it('takes a key of the person’s own, and reads its public half alone', async () => {
    const key = join(desk.folder, 'own');
    execFileSync('ssh-keygen', ['-q', '-t', 'ecdsa', '-N', 'passphrase', '-f', key]);
    const before = readFileSync(key, 'utf8');
    const { code, err } = await desk.run(
      ['ssh', 'login', 'web1', '--as', 'root', '--key', 'own'],
      browse(),
    );
    assert.equal(code, 0, err);
    assert.match(
      readFileSync(`${key}-cert.pub`, 'utf8'),
      /^ecdsa-sha2-nistp256-cert-v01@openssh\.com /,
    );
    assert.equal(readFileSync(key, 'utf8'), before);
  });

  it('says what else there is to choose, and what no policy permits', async () => {
    const which = await desk.run(['ssh', 'login', 'web1'], browse());
    assert.equal(which.code, 3, which.err);
    assert.match(which.err, /--as: root, games/);
    const told = await eventsOf(house, async () => {
      const other = await desk.run(['ssh', 'login', 'web1', '--as', 'daemon'], browse());
      assert.equal(other.code, 3, other.err);
      assert.match(other.err, /Not as daemon at web1/);
    });
    const refused = told.find(({ type }) => type === 'ssh.certificate-refused');
    assert.deepEqual(refused?.data, { host: 'web1', why: 'account-refused' });
    assert.equal(refused?.subject, root.id);
    const none = await desk.run(['ssh', 'login', 'web2', '--as', 'root'], browse());
    assert.match(none.err, /none says with which account/);
    const strange = await desk.run(['ssh', 'login', '../web1']);
    assert.equal(strange.code, 2);
  });

  it('asks for a fresh proof at once, and not in a second round', async () => {
    const theirs = openDesk({ SALLYPORT_AT: house.origin });
    const rounds: URL[] = [];
    const browser = browse();
    const { code, err } = await theirs.run(['ssh', 'login', 'web1', '--as', 'root'], (address) => {
      rounds.push(new URL(address));
      return browser(address);
    });
    assert.equal(code, 0, err);
    assert.deepEqual(
      rounds.map(({ searchParams }) => searchParams.get('max_age')),
      ['60'],
    );
    theirs.close();
  });

  it('refuses people whom no policy lets in, and has that on record', async () => {
    const ada = await passkeyPerson(house, 'ada');
    catchUp(house);
    const hers = openDesk({ SALLYPORT_AT: house.origin });
    const told = await eventsOf(house, async () => {
      const { code, err } = await hers.run(
        ['ssh', 'login', 'web1', '--as', 'root'],
        async (address) => {
          const browser = house.browser();
          const { session } = await passkeySignIn(house, ada);
          browser.cookies.set(house.cookieName('session'), session.token);
          const now = await wander(house, browser, address);
          return agree(house, browser, now.page);
        },
      );
      assert.equal(code, 3, err);
      assert.match(err, /No policy lets you log in at web1/);
    });
    assert.ok(told.some(({ type, data }) => type === 'access.refused' && data.action === 'logIn'));
    assert.ok(!told.some(({ type }) => type === 'ssh.certificate-issued'));
    hers.close();
  });

  it('does not go to a host whose certificate was revoked, though it is good by its time', async () => {
    const file = join(desk.folder, 'ssh_config');
    const go = () =>
      run(
        'ssh',
        ['-F', file, '-p', String(host.port), '-o', 'BatchMode=yes', 'root@web1', 'echo in'],
        { XDG_CONFIG_HOME: join(desk.folder, 'config') },
      );
    const login = async () => {
      const { code, err } = await desk.run(['ssh', 'login', 'web1', '--as', 'root'], browse());
      assert.equal(code, 0, err);
    };
    await login();
    const before = await go();
    assert.equal(before.code, 0, before.err + host.log());
    const { certificates } = JSON.parse((await desk.run(['ssh', 'list', '--json'], browse())).out);
    const its = certificates.find(({ kind }: { kind: string }) => kind === 'host');
    const told = await eventsOf(house, async () => {
      assert.equal((await desk.run(['ssh', 'revoke', its.serial], browse())).code, 0);
    });
    assert.ok(told.some(({ type }) => type === 'ssh.certificate-revoked'));
    await login();
    const { code, err } = await go();
    assert.equal(code, 255);
    assert.match(err, /revoked/i);

    const made = await desk.run(['ssh', 'host-certificate', 'web1', 'host.pub'], browse());
    assert.equal(made.code, 0, made.err);
    await host.stop();
    await host.start(made.out.trim());
    const after = await go();
    assert.equal(after.code, 0, after.err + host.log());
  });

  it('lists, revokes, tells of keys, and writes the list of what is revoked', async () => {
    const listed = await desk.run(['ssh', 'list', '--json'], browse());
    assert.equal(listed.code, 0, listed.err);
    const { certificates } = JSON.parse(listed.out);
    const mine = certificates.find(({ kind }: { kind: string }) => kind === 'user');
    assert.match(mine.subjectName, /^[a-z]+$/, 'told by name, and not by id alone');
    const revoked = await desk.run(['ssh', 'revoke', mine.serial], browse());
    assert.equal(revoked.code, 0, revoked.err);
    assert.equal((await desk.run(['ssh', 'revoke', mine.serial])).code, 4);
    const written = await desk.run(['ssh', 'krl', 'list.krl']);
    assert.equal(written.code, 0, written.err);
    const read = await run('ssh-keygen', ['-Q', '-l', '-f', join(desk.folder, 'list.krl')]);
    assert.match(read.out, new RegExp(`serial: ${mine.serial}`));
    const keys = await desk.run(['ssh', 'keys']);
    assert.match(keys.out, /people[^\n]*active/);
    const setup = await desk.run(['ssh', 'setup', 'web1']);
    assert.match(setup.out, /AuthorizedPrincipalsCommand \/bin\/echo %u@web1/);
    assert.match(setup.out, /RevokedKeys \/etc\/ssh\/sallyport\/krl/);
  });

  it('sets up no host by an address where nothing signs, nor one that nobody added there', async () => {
    const setup = await desk.run(['ssh', 'setup', 'web1']);
    assert.equal(setup.code, 0, setup.err);
    assert.doesNotMatch(setup.err, /not signed in/);
    const { out } = await run('ssh-keygen', ['-lf', join(host.folder, 'user-ca.pub')]);
    const [, key = ''] = /(SHA256:\S+)/.exec(out) ?? [];
    assert.ok(setup.out.includes(`#    ${key}`), setup.out);

    const unknown = await desk.run(['ssh', 'setup', 'web9']);
    assert.deepEqual([unknown.code, unknown.out], [4, '']);
    assert.match(unknown.err, /There is no device “web9”/);

    const stranger = openDesk({ SALLYPORT_AT: house.origin });
    try {
      const unsigned = await stranger.run(['ssh', 'setup', 'web9', '--json']);
      assert.equal(unsigned.code, 0, unsigned.err);
      assert.match(unsigned.err, /was not looked up, since you are not signed in\s+there/);
      assert.deepEqual(JSON.parse(unsigned.out).keys, [key]);
    } finally {
      stranger.close();
    }
  });

  it('sets up no host by what answers with something else, or not at all', async () => {
    const { keyLine, publicKeyOf } = await import('../../server/wire/ssh/public-key.ts');
    const { publicKey } = generateKeyPairSync('ed25519');
    const key = publicKeyOf(publicKey);
    assert.ok(key);
    const line = keyLine(key);
    let says: [status: number, body: string] = [200, line];
    const server = createServer((_request, response) => {
      response.writeHead(says[0], says[0] === 302 ? { location: house.origin } : {}).end(says[1]);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const at = `http://127.0.0.1:${port}`;
    const elsewhere = openDesk();
    const setup = () => elsewhere.run(['ssh', 'setup', 'web1', '--at', at]);
    try {
      assert.equal((await setup()).code, 0);
      for (const answer of [
        [404, 'Not found'],
        [302, line],
        [200, ''],
        [200, '<html>Welcome</html>'],
        [200, `${line}\n<html>`],
        [200, 'command="id" '.concat(line)],
        [200, `${line}\n`.repeat(2000)],
      ] as const) {
        says = [...answer];
        const { code, out, err } = await setup();
        assert.deepEqual([code, out], [EXIT.unavailable, ''], answer[1].slice(0, 40));
        assert.match(err, /signs for SSH|can’t be reached/);
      }
    } finally {
      server.close();
      await once(server, 'close');
    }
    const gone = await setup();
    elsewhere.close();
    assert.deepEqual([gone.code, gone.out], [EXIT.unavailable, '']);
    assert.match(gone.err, /can’t be reached/);
  });

  it('sends no private key anywhere, where the public half was meant', async () => {
    writeFileSync(
      join(desk.folder, 'host_key'),
      '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk=\n-----END OPENSSH PRIVATE KEY-----\n',
    );
    for (const words of [
      ['host-certificate', 'web1', 'host_key'],
      ['revoke', '--key', 'host_key'],
    ]) {
      const told = await desk.run(['ssh', ...words]);
      assert.equal(told.code, 2, told.err);
      assert.match(told.err, /host_key is a private key\. It was not read any further\./);
    }
  });
});
