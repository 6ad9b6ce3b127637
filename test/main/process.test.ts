/** `sallyport process …` and `sallyport resource …`, typed by whoever runs the machine. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { beginIn, runCommand } from '../support/command.ts';

describe('the command line, looking after processes and resources', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-process-'));
  const run = (...args: string[]) => runCommand(folder, args);
  const done = async (...args: string[]) => {
    const { code, out, err } = await run(...args, '--json');
    assert.equal(code, 0, err);
    return JSON.parse(out);
  };
  const refused = async (code: number, says: RegExp, ...args: string[]) => {
    const ran = await run(...args);
    assert.deepEqual([ran.code, ran.out], [code, ''], ran.err);
    assert.match(ran.err, says);
  };

  before(async () => {
    for (const name of ['public', 'other']) {
      const { publicKey, privateKey } = generateKeyPairSync('ed25519');
      const pem = publicKey.export({ type: 'spki', format: 'pem' });
      writeFileSync(join(folder, `${name}.pem`), pem);
      const secret = privateKey.export({ type: 'pkcs8', format: 'pem' });
      writeFileSync(join(folder, `${name}.key`), secret);
    }
    await beginIn(folder);
    await run('person', 'add', 'ada');
  });
  after(() => rmSync(folder, { recursive: true }));

  it('says what comes next where there is nothing yet', async () => {
    assert.match((await run('process', 'list')).out, /process add NAME --owner PERSON/);
    assert.match((await run('resource', 'list')).out, /resource add KIND NAME/);
  });

  it('adds what can be entered and who enters it, and tells each next step', async () => {
    const api = ['resource', 'add', 'api', 'pay', '--audience', 'https://pay.example/'];
    const added = await run(
      ...api,
      '--scope',
      'read=See',
      '--scope',
      'pay=Pay',
      '--sensitive',
      'pay',
    );
    assert.equal(added.code, 0, added.err);
    assert.match(added.out, /--enter pay:read/);
    const again = await run(
      'resource',
      'add',
      'site',
      'pay',
      '--host',
      'pay.example',
      '--rule',
      '/* r',
    );
    assert.equal(again.code, 1);
    assert.match(again.err, /^A resource has the name “pay” already.*\n.*resource show pay/);
    const add = ['process', 'add', 'nightly', '--owner', 'ada', '--purpose', 'Pays.'];
    const process = await run(...add, '--enter', 'pay:read');
    assert.match(process.out, /proof add nightly key --public-key FILE/);
    const till = ['resource', 'add', 'application', 'till', '--redirect', 'https://till.example/'];
    const asks = ['--client-auth', 'key', '--owner', 'ada', '--title', 'The till'];
    const told = await run(...till, ...asks);
    assert.match(told.out, /proof add till key --public-key FILE/);
    assert.match(told.out, /Nobody is listed for it yet\. People: .*--member GROUP/s);
    assert.match((await run('resource', 'list')).out, /till \(The till\)/);
    const site = await run('resource', 'add', 'site', 'bare', '--host', 'bare.example');
    assert.match(
      site.out,
      /No rule says what is behind it, so nobody gets in: .*--rule "\/\* read"/s,
    );
    const bare = await run('resource', 'add', 'application', 'bare-app', '--open', 'everyone');
    assert.match(bare.out, /can’t come back to it yet: .*--redirect/s);
    for (const name of ['bare', 'bare-app']) {
      assert.equal((await run('resource', 'remove', name, '--yes', name)).code, 0);
    }
    const owned = [...till.slice(0, 3), 'nightly', ...till.slice(4), ...asks];
    assert.match((await run(...owned)).err, /^A process has the name “nightly” already/);
    assert.equal((await run('resource', 'change', 'till', '--name', 'pay')).code, 1);
    assert.equal((await run('resource', 'remove', 'till', '--yes', 'till')).code, 0);
    const proof = await done(
      'process',
      'proof',
      'add',
      'nightly',
      'key',
      '--public-key',
      'public.pem',
    );
    assert.equal(proof.secret, null);
    const shown = await done('process', 'show', 'nightly');
    assert.deepEqual(
      [shown.ownerName, shown.entries[0].resourceName, shown.proofs[0].kind, shown.weaknesses],
      ['ada', 'pay', 'key', []],
    );
    const { processes } = await done('process', 'list', '--owner', 'ada');
    assert.deepEqual(processes, [shown]);
  });

  it('mends what is typed wrong, and does nothing meanwhile', async () => {
    const add = (...more: string[]) => ['process', 'add', ...more, '--purpose', 'x'];
    await refused(2, /can’t be a name/, ...add('Big', '--owner', 'ada'));
    await refused(4, /nobody called “eve”/, ...add('a', '--owner', 'eve'));
    await refused(1, /has the name “nightly” already/, ...add('nightly', '--owner', 'ada'));
    await refused(4, /no resource “nope”/, ...add('a', '--owner', 'ada', '--enter', 'nope:x'));
    await refused(2, /which scopes.*pay:read/s, ...add('a', '--owner', 'ada', '--enter', 'pay'));
    await refused(1, /no scope “all”/, ...add('a', '--owner', 'ada', '--enter', 'pay:all'));
    const proof = ['process', 'proof', 'add', 'nightly'];
    await refused(2, /Did you mean secret\?/, ...proof, 'secrt');
    await refused(2, /--issuer says nothing of a key/, ...proof, 'key', '--issuer', 'x');
    await refused(2, /private key.*pubout/s, ...proof, 'key', '--public-key', 'public.key');
    await refused(2, /can’t be read/, ...proof, 'key', '--public-key', 'nowhere.pem');
    await refused(1, /holds that already/, ...proof, 'key', '--public-key', 'public.pem');
    await refused(4, /no process “noone”/, 'process', 'show', 'noone');
    await refused(4, /no resource “none”/, 'resource', 'show', 'none');
    await refused(2, /Did you mean api\?/, 'resource', 'add', 'apo', 'x');
    await refused(2, /Did you mean application\?/, 'resource', 'add', 'app', 'x');
    const shows = ['process', 'proof', 'add', 'nightly', 'certificate'];
    await refused(2, /or --own\./, ...shows);
    await refused(2, /which names it gave/, ...shows, '--ca', 'public.pem');
    await refused(2, /--own stands alone/, ...shows, '--own', '--dns', 'x.example');
    await refused(2, /no names are given/, ...shows, '--certificate', 'x.pem', '--email', 'a@b.c');
    await refused(
      2,
      /--host “S\.example” must be a host/,
      'resource',
      'add',
      'site',
      's',
      '--host',
      'S.example',
    );
    await refused(
      2,
      /is no rule/,
      'resource',
      'add',
      'site',
      's',
      '--host',
      's.example',
      '--rule',
      'x',
    );
    const app = ['resource', 'add', 'application', 'a', '--redirect', 'https://a.example/cb'];
    await refused(2, /Add --owner PERSON/, ...app, '--client-auth', 'key');
    await refused(2, /Nothing was removed/, 'resource', 'remove', 'pay', '--yes', 'play');
    await refused(
      2,
      /That does not fit:\n- --audience must be there/,
      'resource',
      'add',
      'api',
      'x',
    );
    const added = await run('resource', 'add', 'application', 'page');
    assert.match(added.out, /Nobody is listed for it yet.*--member GROUP\.$/m);
    assert.doesNotMatch(added.out, /--enter/, 'processes enter no application');
    assert.equal((await done('process', 'list')).processes.length, 1);
  });

  it('rotates with an overlap, and removes by the end of an id', async () => {
    const rotate = ['process', 'rotate', 'nightly', '--public-key', 'other.pem'];
    const rotated = await done(...rotate, '--overlap', '2h');
    assert.ok(Date.parse(rotated.old.endsAt) - Date.now() < 7_200_001);
    await refused(2, /several proofs/, ...rotate);
    assert.deepEqual((await done('process', 'show', 'nightly')).weaknesses, []);
    const { old } = rotated;
    for (const typed of ['', old.id.slice(-1), old.id.slice(-5)]) {
      await refused(2, /too short/, 'process', 'proof', 'remove', 'nightly', typed);
      await refused(2, /too short/, ...rotate, '--proof', typed);
    }
    const removed = await done('process', 'proof', 'remove', 'nightly', old.id.slice(-8));
    assert.equal(removed.left, 1);
    await refused(4, /holds no proof/, 'process', 'proof', 'remove', 'nightly', old.id);
  });

  it('shows a secret once, and tells of it and of orphans in the list and by doctor', async () => {
    const { secret } = await done('process', 'proof', 'add', 'nightly', 'secret');
    assert.match(secret, /^spx_/);
    assert.ok(!(await run('process', 'show', 'nightly', '--json')).out.includes(secret));
    await run('person', 'disable', 'ada', '--force');
    const { processes } = await done('process', 'list', '--orphaned');
    assert.deepEqual(processes[0].weaknesses, ['orphaned', 'secret']);
    assert.match((await run('process', 'list')).out, /orphaned, secret/);
    const doctor = await run('doctor', '--json');
    const found = JSON.stringify(JSON.parse(doctor.out));
    assert.match(found, /Nobody answers for nightly/);
    assert.match(found, /By a secret, which can be copied without a trace, come nightly/);
    await run('process', 'disable', 'nightly');
    assert.deepEqual((await done('process', 'show', 'nightly')).weaknesses, ['orphaned']);
  });

  it('leaves all of it on record', async () => {
    const { out } = await run('record', 'search', '--subject', 'nightly');
    for (const told of [
      'added the process nightly',
      'added a proof (secret)',
      'removed a proof (key)',
      'disabled the process nightly',
    ]) {
      assert.ok(out.includes(told), `${told}\n${out}`);
    }
  });
});
