/**
 * A host renews its certificate by itself, with curl and OpenSSH's own ssh-keygen as `ssh setup --print renew` prints it, and with
 * nothing else than its key (T1021.004, T1649). Each attack stands between two times at which the same thing, done as it should be,
 * works.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { NAMESPACE } from '../../server/authority/ssh/host-renewal.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../server/kernel/clock.ts';
import { renewalLines } from '../../server/main/ssh/ssh-setup.ts';
import { readCertificateLine } from '../../server/wire/ssh/certificate.ts';
import { eventsOf, type TestEvent } from '../support/events.ts';
import { opensshMissing, run } from '../support/openssh.ts';
import { type OpensshHouse, openOpensshHouse } from '../support/openssh-house.ts';
import { passkeySignIn } from '../support/served-people.ts';

interface HostKey {
  readonly device: string;
  readonly key: string;
  readonly certificate: string;
}

describe('a host that renews its certificate', { skip: opensshMissing() }, () => {
  let x: OpensshHouse;
  let folder: string;
  let keys = 0;
  let later = 0;
  /** One refusal of a kind is told in a minute: the next one is later than all before. */
  function aMinuteLater(): void {
    later += MINUTE + SECOND;
    x.house.clock.advance(MINUTE + SECOND);
  }
  async function signedIn(): Promise<void> {
    await x.signedIn();
    x.house.clock.advance(later);
  }
  before(async () => {
    x = await openOpensshHouse(['web1'], 200 * DAY);
    folder = mkdtempSync(join(tmpdir(), 'sallyport-renewal-'));
    // In the place of the one that would reload this computer's own sshd.
    writeFileSync(join(folder, 'systemctl'), `#!/bin/sh\necho "$@" >>${folder}/reloaded\n`);
    chmodSync(join(folder, 'systemctl'), 0o755);
  });
  beforeEach(() => signedIn());
  after(async () => {
    await x?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const line = (file: string) => readFileSync(file, 'utf8').trim();
  function read(file: string) {
    const certificate = readCertificateLine(line(file));
    assert.ok(certificate.ok);
    return certificate.value;
  }

  /** A certificate for `publicKey` as an administrator made it so long ago. */
  async function made(
    publicKey: string,
    { device = 'web2', ago = 25 * DAY, days = 30, names = [] as string[] },
  ): Promise<string> {
    x.house.clock.advance(-ago);
    const { session } = await passkeySignIn(x.house, x.root);
    const body = { device, names, publicKey, days };
    const answer = await x.house.api('issueSshHostCertificate', { token: session.token, body });
    assert.equal(answer.status, 201, answer.text);
    await signedIn();
    return answer.json.certificate;
  }

  async function hostKey(
    given: Parameters<typeof made>[1] & { readonly type?: readonly string[] } = {},
  ): Promise<HostKey> {
    const key = join(folder, `key${keys++}`);
    const type = given.type ?? ['-t', 'ed25519'];
    execFileSync('ssh-keygen', ['-q', ...type, '-N', '', '-f', key]);
    const certificate = `${key}-cert.pub`;
    writeFileSync(certificate, `${await made(line(`${key}.pub`), given)}\n`);
    return { device: given.device ?? 'web2', key, certificate };
  }

  /** What cron runs. */
  function renew({ device, key, certificate }: HostKey) {
    const script = join(folder, 'renew');
    const setup = { origin: x.house.origin, host: device, folder };
    const lines = renewalLines({ ...setup, hostKey: key, hostCertificate: certificate });
    writeFileSync(script, `${lines.join('\n')}\n`);
    return run('sh', [script], { PATH: `${folder}:${process.env.PATH}` });
  }

  async function renews(host: HostKey): Promise<void> {
    const before = read(host.certificate);
    const { code, err } = await renew(host);
    assert.equal(code, 0, err);
    assert.notEqual(read(host.certificate).serial, before.serial);
  }

  async function isRefused(host: HostKey, why: string): Promise<void> {
    const before = line(host.certificate);
    aMinuteLater();
    const told = await eventsOf(x.house, async () => {
      const { code, err } = await renew(host);
      assert.equal(code, 22, 'as curl says it of 403');
      assert.match(err, /403/);
    });
    assert.deepEqual(whys(told), [why]);
    assert.equal(line(host.certificate), before);
  }

  const whys = (told: readonly TestEvent[]) =>
    told.filter(({ type }) => type === 'ssh.certificate-refused').map(({ data }) => data.why);

  const nonce = async () => (await x.house.send({ path: '/ssh/host-nonce' })).text;
  const send = (body: string) =>
    x.house.send({
      path: '/ssh/host-certificate',
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body,
    });
  /** As the script does it, with something else in it. */
  async function asked(
    host: HostKey,
    other: { nonce?: string; key?: string; namespace?: string; certificate?: string } = {},
  ): Promise<string> {
    const file = join(folder, 'asked');
    const certificate = other.certificate ?? readFileSync(host.certificate, 'utf8');
    writeFileSync(file, (other.nonce ?? (await nonce())) + certificate);
    rmSync(`${file}.sig`, { force: true });
    const signs = ['-Y', 'sign', '-f', other.key ?? host.key, '-n', other.namespace ?? NAMESPACE];
    const { code, err } = await run('ssh-keygen', ['-q', ...signs, file]);
    assert.equal(code, 0, err);
    return readFileSync(file, 'utf8') + readFileSync(`${file}.sig`, 'utf8');
  }
  async function turnedAway(sent: string, why: string): Promise<void> {
    aMinuteLater();
    const told = await eventsOf(x.house, async () => {
      const answer = await send(sent);
      assert.deepEqual([answer.status, answer.text], [403, '403 refused\n']);
    });
    assert.deepEqual(whys(told), [why]);
  }

  it('gets the next one for the same key and names, and clients know it by that', async () => {
    const { folder: at, publicKey } = x.at('web1');
    const key = join(at, 'host_key');
    const host = { device: 'web1', key, certificate: `${key}-cert.pub` };
    const old = await made(publicKey, { device: 'web1', days: 26 });
    writeFileSync(host.certificate, `${old}\n`);
    const told = await eventsOf(x.house, () => renews(host));
    const issued = told.find(({ type }) => type === 'ssh.certificate-issued');
    const next = read(host.certificate);
    assert.deepEqual(next.principals, ['web1']);
    assert.equal(next.validBefore - next.validAfter, BigInt(26 * 86_400 + 60), 'as long as before');
    const first = readCertificateLine(old);
    assert.equal(issued?.data.replaces, String(first.ok && first.value.serial));
    assert.match(line(join(folder, 'reloaded')), /reload ssh/);
    await x.at('web1').start(line(host.certificate));
    assert.equal(await x.works('web1', 'root', (await x.certificate('web1')).certificate), 'in');
    const other = await hostKey({ names: ['web1.example.com'] });
    await renews(other);
    assert.deepEqual(read(other.certificate).principals, ['web2', 'web1.example.com']);
  });

  it('does nothing before two thirds of its time are over', async () => {
    const early = await hostKey({ ago: 20 * DAY - HOUR });
    const before = line(early.certificate);
    const told = await eventsOf(x.house, async () => {
      const { code, out, err } = await renew(early);
      assert.deepEqual([code, out, err], [0, '', '']);
    });
    assert.equal(line(early.certificate), before);
    assert.deepEqual(whys(told), []);
    await renews(await hostKey({ ago: 20 * DAY + HOUR }));
  });

  it('does it with keys of other kinds, too', async () => {
    for (const type of [
      ['-t', 'ecdsa', '-b', '384'],
      ['-t', 'rsa', '-b', '3072'],
    ]) {
      await renews(await hostKey({ type }));
    }
  });

  it('is refused with one that was revoked, an older one beside that, and a key that was revoked', async () => {
    const host = await hostKey();
    await renews(host);
    const older = `${await made(line(`${host.key}.pub`), { ago: 28 * DAY })}\n`;
    const params = { serial: String(read(host.certificate).serial) };
    const revoked = await x.house.api('revokeSshCertificate', { token: x.token, params });
    assert.equal(revoked.status, 204, revoked.text);
    await isRefused(host, 'revoked');
    writeFileSync(host.certificate, older);
    await isRefused(host, 'revoked');
    const other = await hostKey();
    const body = { publicKey: line(`${other.key}.pub`) };
    const gone = await x.house.api('revokeSshKey', { token: x.token, body });
    assert.equal(gone.status, 204, gone.text);
    await isRefused(other, 'key-revoked');
    await renews(await hostKey());
  });

  it('is refused long after its end, and not a day after', async () => {
    const late = await hostKey({ ago: 31 * DAY });
    await renews(late);
    await isRefused(await hostKey({ ago: 33 * DAY + HOUR }), 'expired');
    await renews(await hostKey({ ago: 32 * DAY }));
  });

  it('is refused while its device is disabled', async () => {
    const host = await hostKey({ device: 'bare1' });
    await renews(host);
    const next = await hostKey({ device: 'bare1' });
    const { store, devices } = x.house.house;
    const device = await store.read((q) => devices.find(q, 'bare1'));
    assert.ok(device);
    await store.write((tx) => devices.disable(tx, device.id, { door: 'cli' }));
    await isRefused(next, 'not-active');
    await store.write((tx) => devices.enable(tx, device.id, { door: 'cli' }));
    await renews(next);
  });

  it('is refused where it has other names by now', async () => {
    const host = await hostKey({ device: 'odd1', names: ['old.example.com'] });
    await made(line(`${host.key}.pub`), { device: 'odd1', names: ['new.example.com'], ago: DAY });
    await isRefused(host, 'other-names');
    await renews(await hostKey({ device: 'odd1', names: ['old.example.com'] }));
  });

  it('is nobody without its key: its certificate is known to all', async () => {
    const [host, other] = [await hostKey(), await hostKey()];
    const good = await send(await asked(host));
    assert.equal(good.status, 200, good.text);
    await turnedAway(await asked(host, { key: other.key }), 'other-key');
    // The key is named as the host's, and the signature is another's.
    const [mine, theirs] = [await asked(host), await asked(host, { key: other.key })];
    const split = (sent: string) => {
      const [, head = '', body = ''] =
        /^([\s\S]*SIGNATURE-----\n)([\s\S]*)-----END/.exec(sent) ?? [];
      return { head, bytes: Buffer.from(body, 'base64') };
    };
    const [a, b] = [split(mine), split(theirs)];
    const mixed = Buffer.concat([a.bytes.subarray(0, -64), b.bytes.subarray(-64)]);
    const lines = mixed
      .toString('base64')
      .match(/.{1,70}/g)
      ?.join('\n');
    await turnedAway(`${a.head}${lines}\n-----END SSH SIGNATURE-----\n`, 'signature');
    assert.equal((await send(await asked(host))).status, 200);
  });

  it('is refused what it signed for something else, and what was signed for another certificate', async () => {
    const [host, other] = [await hostKey(), await hostKey()];
    await turnedAway(await asked(host, { namespace: 'file' }), 'signature');
    await turnedAway(await asked(host, { namespace: 'git' }), 'signature');
    const sent = await asked(host);
    const swapped = sent.replace(line(host.certificate), line(other.certificate));
    await turnedAway(swapped, 'other-key');
    assert.equal((await send(await asked(host))).status, 200);
  });

  it('is refused a nonce that was used, that is over, that is not ours', async () => {
    const host = await hostKey();
    const once = await asked(host);
    assert.equal((await send(once)).status, 200);
    const [token = ''] = once.split('\n');
    const again = await asked(host, { nonce: `${token}\n` });
    aMinuteLater();
    const told = await eventsOf(x.house, async () => {
      assert.equal((await send(once)).status, 403);
      assert.equal((await send(again)).status, 403);
    });
    assert.deepEqual(whys(told), ['replay'], 'the second is counted');
    await turnedAway(await asked(host, { nonce: `${'A'.repeat(46)}\n` }), 'nonce');
    const old = await asked(host);
    x.house.clock.advance(5 * MINUTE);
    await turnedAway(old, 'nonce');
    assert.equal((await send(await asked(host))).status, 200);
  });

  it('is refused a certificate of another authority, and one for people', async () => {
    const host = await hostKey();
    const ca = join(folder, 'other-ca');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', ca]);
    const own = join(folder, 'forged');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', own]);
    const says = ['-h', '-I', 'device:web2', '-n', 'web2', '-z', '1', `${own}.pub`];
    execFileSync('ssh-keygen', ['-q', '-s', ca, ...says]);
    const forged = { device: 'web2', key: own, certificate: `${own}-cert.pub` };
    await turnedAway(await asked(forged), 'unknown-authority');
    const publicKey = line(`${own}.pub`);
    await x.signedIn();
    const person = await x.ask('web1', 'root', { publicKey });
    assert.equal(person.status, 201, person.text);
    x.house.clock.advance(later);
    const certificate = `${person.json.certificate}\n`;
    await turnedAway(await asked(forged, { certificate }), 'unknown-authority');
    assert.equal((await send(await asked(host))).status, 200);
  });

  it('and what has no form is told so, whatever it is', async () => {
    const host = await hostKey();
    const good = await asked(host);
    const signature = good.slice(good.indexOf('-----'));
    for (const sent of [
      'x',
      signature,
      good.slice(0, -30),
      `\n${good}`,
      good.replace('\n', '\r\n'),
      `${good}${signature}`,
      good.replace('SSHSIG', 'x').replace('U1NIU0lH', 'U1NIU0lI'),
      'a'.repeat(40_000),
    ]) {
      const answer = await send(sent);
      assert.deepEqual([answer.status, answer.text], [400, '400 malformed\n'], sent.slice(0, 60));
    }
    assert.equal((await send('a'.repeat(60_000))).status, 413);
    const json = { path: '/ssh/host-certificate', method: 'POST', body: '{}' } as const;
    const typed = { ...json, headers: { 'content-type': 'application/json' } };
    assert.equal((await x.house.send(typed)).status, 415);
    assert.equal((await send(good)).status, 200);
  });
});
