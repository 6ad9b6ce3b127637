/**
 * A host that keeps PAM (docs/ssh.md): sshd, pam_radius_auth of others, and our RADIUS door; the second proof is asked for by
 * keyboard-interactive (RFC 4256, RFC 2865 §4.4; P8, T1021.004). What such a host weakens, and what stays closed, is T1556.003.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { shippedPolicies } from '../../server/policy/shipped.ts';
import { count, eventsOf } from '../support/events.ts';
import { freePort } from '../support/free-port.ts';
import { activateForNetwork } from '../support/network-policies.ts';
import { opensshMissing, run, SSHD, type SshClient, sshClient } from '../support/openssh.ts';
import type { TestPerson } from '../support/people.ts';
import { openRadiusHouse, operator, type RadiusHouse } from '../support/radius-house.ts';
import { passkeyPerson, passkeySignIn } from '../support/served-people.ts';
import { SITE } from '../support/settings.ts';
import { until } from '../support/until.ts';

const MODULES = [
  '/lib/x86_64-linux-gnu/security',
  '/lib/aarch64-linux-gnu/security',
  '/lib/security',
  '/usr/lib/security',
];
const skip =
  opensshMissing() ||
  (MODULES.some((folder) => existsSync(join(folder, 'pam_radius_auth.so')))
    ? false
    : 'no pam_radius_auth on this machine (libpam-radius-auth)');

/** On every Debian, and in nobody's use. */
const ACCOUNT = 'games';
const ADMINISTRATOR = 'news';
const NAMED = `
@id("accounts-of-tests") @because("Operators log in at the accounts of tests.") @ssh("accounts=${ACCOUNT},${ADMINISTRATOR} minutes=5")
permit (principal in Group::"network-operators", action == Action::"logIn", resource in Group::"kind:server");
`;

describe('PAM by RADIUS', { skip }, () => {
  let house: RadiusHouse;
  let person: TestPerson;
  let client: SshClient;
  let port: number;
  let log = '';
  let stop: () => Promise<void> = async () => {};
  // sshd calls its service by the name that it was started with: one that no other sshd of this machine has.
  const service = `sallyport-sshd-${process.pid}`;
  const pam = `/etc/pam.d/${service}`;

  before(async () => {
    house = await openRadiusHouse({ tls: false }, { kind: 'server' });
    // Accounts of systems are given by name; that of a test has to be one.
    await activateForNetwork(house.test, `${shippedPolicies()['network.cedar']}${NAMED}`);
    person = await operator(house.test, ACCOUNT);
    await withoutAuthenticator();
    client = sshClient();
    port = await freePort();
    const conf = join(client.folder, 'radius.conf');
    const { authentication } = house.door.ports();
    writeFileSync(conf, `127.0.0.1:${authentication} ${Buffer.from(house.secret).toString()} 4\n`, {
      mode: 0o600,
    });
    const lines = [
      `auth required pam_radius_auth.so conf=${conf} prompt=Password`,
      'account required pam_permit.so',
      'session required pam_permit.so',
    ];
    writeFileSync(pam, `${lines.join('\n')}\n`);
    const program = join(client.folder, service);
    symlinkSync(SSHD, program);
    const key = join(client.folder, 'host_key');
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
    const config = join(client.folder, 'sshd_config');
    const settings = [
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${key}`,
      'PidFile none',
      'LogLevel VERBOSE',
      'UsePAM yes',
      'KbdInteractiveAuthentication yes',
      'PasswordAuthentication no',
      'AuthenticationMethods keyboard-interactive',
    ];
    writeFileSync(config, `${settings.join('\n')}\n`);
    const child = spawn(program, ['-D', '-e', '-f', config], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      log += text;
    });
    stop = () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve());
        child.kill();
      });
    while (!log.includes('Server listening'))
      await new Promise((resolve) => child.stderr.once('data', resolve));
  });
  after(async () => {
    rmSync(pam, { force: true });
    await stop();
    client?.close();
    await house?.close();
  });

  /** pam_radius 2.0 signs none of its requests (CVE-2024-3596): such a host needs an exception, which is listed as a weakness. */
  async function withoutAuthenticator(): Promise<void> {
    const { store, devices, deviceProofs } = house.test.house;
    const device = await store.read((q) => devices.byName(q, 'hall'));
    assert.ok(device);
    const added = await store.write((tx) =>
      deviceProofs.add(
        tx,
        device,
        {
          kind: 'without-message-authenticator',
          name: 'old pam_radius',
          owner: house.ada.id,
          reason: 'pam_radius 2.0 signs nothing',
          control: 'loopback alone',
          expiresAt: house.test.clock.now() + 86_400_000,
        } as never,
        { door: 'cli' },
      ),
    );
    assert.ok(added.ok, JSON.stringify(added));
  }

  /** Logs in, giving these answers one after the other, and tells what was asked. */
  async function ssh(
    account: string,
    answers: readonly string[],
    /** What is done while the last question stands, of which it is told. */
    meanwhile?: (asked: string) => Promise<void>,
  ) {
    const [said, asked, turn, wait] = ['answers', 'asked', 'turn', 'wait'].map((name) =>
      join(client.folder, name),
    );
    const askpass = join(client.folder, 'askpass');
    writeFileSync(said ?? '', answers.map((each) => `${each}\n`).join(''));
    rmSync(asked ?? '', { force: true });
    writeFileSync(turn ?? '', '0');
    const script = `#!/bin/sh\nn=$(($(cat ${turn}) + 1))\necho $n > ${turn}\nprintf '%s\\n' "$1" >> ${asked}\nif [ $n = ${answers.length} ]; then while [ -e ${wait} ]; do sleep 0.1; done; fi\nsed -n "\${n}p" ${said}\n`;
    writeFileSync(askpass, script);
    chmodSync(askpass, 0o700);
    log = '';
    if (meanwhile !== undefined) writeFileSync(wait ?? '', '');
    const running = run(
      'ssh',
      [
        ...['-F', 'none', '-p', String(port)],
        ...[
          'PreferredAuthentications=keyboard-interactive',
          'NumberOfPasswordPrompts=1',
          'StrictHostKeyChecking=no',
          'UserKnownHostsFile=/dev/null',
          'IdentityAgent=none',
        ].flatMap((option) => ['-o', option]),
        `${account}@127.0.0.1`,
        'true',
      ],
      { SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: 'force', DISPLAY: ':0' },
    );
    if (meanwhile !== undefined) {
      const questions = () => (existsSync(asked ?? '') ? readFileSync(asked ?? '', 'utf8') : '');
      await until('the question is asked', () => questions().includes('Open '));
      await meanwhile(questions());
      rmSync(wait ?? '');
    }
    await running;
    const { out } = await run('cat', [asked ?? '']);
    return {
      asked: out,
      accepted: log.includes(`Accepted keyboard-interactive/pam for ${account}`),
    };
  }

  it('asks for the password and then for the code, and lets in', async () => {
    const told = await eventsOf(house.test, async () => {
      const { accepted, asked } = await ssh(ACCOUNT, [person.password, person.totp.code()]);
      assert.ok(accepted, log + asked);
      assert.match(asked, /Password/);
      assert.ok(asked.trim().split('\n').length >= 2, asked);
    });
    assert.equal(count(told, 'login.granted', 'granted'), 1);
    house.test.clock.advance(30_000);
  });

  it('lets nobody in by the password alone, by a wrong code, or as somebody else', async () => {
    for (const answers of [
      [person.password, ''],
      [person.password, '000000'],
      ['not the password', person.totp.code()],
    ]) {
      assert.equal((await ssh(ACCOUNT, answers)).accepted, false, answers.join());
    }
    assert.equal((await ssh('root', [person.password, person.totp.code()])).accepted, false);
    house.test.clock.advance(600_000);
    assert.equal((await ssh(ACCOUNT, [person.password, person.totp.code()])).accepted, true, log);
    house.test.clock.advance(30_000);
  });

  it('shows the number of a login that waits for a passkey, and lets in once it is approved', async () => {
    const { test } = house;
    const served = { ...test, origin: SITE };
    const root = await passkeyPerson(served, ADMINISTRATOR, ['administrator']);
    const changed = await test.house.store.write((tx) =>
      test.house.people.change(tx, root.id, { groups: ['network-operators'] }, { door: 'cli' }),
    );
    assert.ok(changed.ok);
    const told = await eventsOf(test, async () => {
      const { accepted, asked } = await ssh(ADMINISTRATOR, [root.password, 'ok'], async (asked) => {
        test.clock.advance(1000);
        const { token } = (await passkeySignIn(served, root)).session;
        const { ownLogIns } = test.house;
        const waiting = await ownLogIns.list(token, test.arrival());
        const id = waiting.state === 'done' ? (waiting.value[0]?.id ?? '') : '';
        const number = Number(/type (\d\d) there/.exec(asked)?.[1]);
        const answered = await ownLogIns.answer(token, id, number, test.arrival());
        assert.deepEqual(answered, { state: 'done', value: 'approved' });
      });
      assert.ok(accepted, log + asked);
      assert.match(asked, /Open https:\/\/id\.example\.com\/me and type \d\d there/);
    });
    assert.equal(count(told, 'login.granted', 'granted'), 1);
  });

  it('lets nobody in while the RADIUS server is away', async () => {
    const [answers, { test }] = [[person.password, person.totp.code()], house];
    await house.door.stop();
    assert.equal((await ssh(ACCOUNT, answers)).accepted, false);
    test.clock.advance(30_000);
  });
});
