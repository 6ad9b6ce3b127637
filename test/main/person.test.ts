/** `sallyport person …`, typed by whoever runs the machine. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { loadConfig } from '../../server/config/load-config.ts';
import { openHouse } from '../../server/main/open-house.ts';
import { actionGroups, actionNames } from '../../server/policy/actions.ts';
import { beginIn, runCommand } from '../support/command.ts';

describe('the command line, looking after people', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-person-'));
  const run = (...args: string[]) => runCommand(folder, args);
  before(async () => {
    await beginIn(folder);
    await run('person', 'add', 'boss', '--name', 'The boss', '--role', 'administrator');
    await activate();
  });
  after(() => rmSync(folder, { recursive: true }));

  type Opened = Extract<Awaited<ReturnType<typeof openHouse>>, { ok: true }>['value'];
  async function withHouse<T>(work: (house: Opened['house']) => Promise<T>): Promise<T> {
    const loaded = loadConfig({ environment: {}, folder });
    assert.ok(loaded.ok);
    const { config } = loaded.value;
    const opened = await openHouse({ config, environment: {}, notice: () => {} });
    assert.ok(opened.ok);
    try {
      return await work(opened.value.house);
    } finally {
      await opened.value.close();
    }
  }

  /** As if they had set up their proofs. */
  const activate = () =>
    withHouse(({ store, people }) =>
      store.write(async (tx) => {
        const boss = (await people.find(tx, 'boss')) ?? assert.fail();
        await people.setStatus(tx, boss.id, 'active', { door: 'cli' });
      }),
    );

  it('does not take away the only administrator unless it is told to', async () => {
    for (const args of [
      ['disable', 'boss'],
      ['erase', 'boss', '--yes', 'boss'],
    ]) {
      const { code, out, err } = await run('person', ...args);
      assert.deepEqual([code, out], [1, '']);
      assert.match(err, /^They are the only administrator.*Nothing was changed\.\nAdd another/s);
      assert.match(err, /--role administrator/);
    }
    const forced = await run('person', 'disable', 'boss', '--force');
    assert.equal(forced.code, 0, forced.err);
    assert.equal((await run('person', 'enable', 'boss')).code, 0);
  });

  it('says which of name and mail address is taken, and what a disabled person needs', async () => {
    await run('person', 'add', 'mia', '--mail', 'mia@example.com');
    assert.match((await run('person', 'add', 'mia')).err, /^Somebody is called “mia” already/);
    const mail = await run('person', 'add', 'max', '--mail', 'mia@example.com');
    assert.match(mail.err, /^Somebody has the mail address mia@example\.com already/);
    const half = await run('person', 'add', 'max', '--mail', 'max@');
    assert.match(half.err, /^That can be nobody’s mail address: it is empty, too long/);
    assert.match((await run('person', 'disable', 'mia')).out, /person enable mia\./);
    assert.match((await run('pass', 'issue', 'mia')).err, /is disabled.*person enable mia lets/s);
    const nobody = JSON.parse((await run('person', 'show', 'nobody', '--json')).out);
    assert.equal(nobody.error.details.code, 'not-found');
    const nowhere = await run('password', 'import', '/nope');
    assert.equal(nowhere.code, 2);
    assert.match(nowhere.err, /^There is no folder \/nope\./);
  });

  it('issues no pass by terms that can’t be meant, and says which', async () => {
    await run('person', 'add', 'pat');
    for (const [says, ...args] of [
      [/^--uses is a whole number from 1 on, and not “abc”/, '--uses', 'abc'],
      [/^--uses is a whole number/, '--uses', '0'],
      [/^--uses is a whole number/, '--uses', '1.5'],
      [/^--lifetime is a time of whole minutes, and not “30s”/, '--lifetime', '30s'],
      [/^--lifetime is a time/, '--lifetime', '0m'],
      [/^--lifetime is a time/, '--lifetime', 'long'],
      [/^A pass can be used \d+ times at the most/, '--uses', '9999'],
      [/“10\.0\.0\.0\/33” is no network/, '--network', '10.0.0.1', '--network', '10.0.0.0/33'],
    ] as const) {
      const ran = await run('pass', 'issue', 'pat', ...args);
      assert.deepEqual([ran.code, ran.out], [2, ''], ran.err);
      assert.match(ran.err, says);
    }
    await run('person', 'disable', 'pat');
    const shut = await run('pass', 'issue', 'pat', '--json');
    assert.deepEqual([shut.code, JSON.parse(shut.out).error.details.code], [4, 'not-found']);
  });

  it('knows options by the names that they had before, and tells of them nowhere', async () => {
    await run('person', 'add', 'old');
    const pass = await run('pass', 'issue', 'old', '--for', '30m', '--json');
    assert.equal(pass.code, 0, pass.err);
    const lasts = Date.parse(JSON.parse(pass.out).expiresAt) - Date.now();
    assert.ok(lasts > 1_700_000 && lasts <= 1_800_000);
    const scope = ['--scope', 'person.read'];
    const token = await run('token', 'issue', '--for', 'boss', ...scope, '--ttl', '48h');
    assert.match(token.err, /^A token is good for 1 day at the longest\./);
    for (const group of ['pass', 'token']) {
      assert.doesNotMatch((await run(group, 'issue', '--help')).out, /--for|--ttl/);
    }
  });

  it('reads the record by names, and tells machines ids alone', async () => {
    const added = await run('person', 'add', 'grace', '--json');
    const { id } = JSON.parse(added.out);
    const short = `grace (…${id.slice(-6)})`;
    for (const who of ['grace', id]) {
      const { code, out, err } = await run('record', 'search', '--subject', who);
      assert.equal(code, 0, err);
      assert.ok(out.includes(short), out);
    }
    assert.ok((await run('record', 'tail')).out.includes(short));
    for (const args of [['tail'], ['search', '--subject', 'grace']]) {
      const { out } = await run('record', ...args, '--json');
      assert.ok(out.includes(id));
      assert.doesNotMatch(out, /grace/);
    }
    const nobody = await run('record', 'search', '--actor', 'nobody');
    assert.equal(nobody.code, 4);
    assert.match(nobody.err, /nobody called “nobody”/);
    await run('person', 'erase', 'grace', '--yes', 'grace');
    const after = await run('record', 'search', '--subject', id);
    assert.doesNotMatch(after.out, /grace/);
    assert.ok(after.out.includes(id));
  });

  it('lists what a token can be for to who asks for something else', async () => {
    const args = ['token', 'issue', '--owner', 'boss', '--scope', 'persn.read'];
    const { code, out, err } = await run(...args);
    assert.deepEqual([code, out], [2, '']);
    assert.match(err, /no action or group of actions persn\.read\. Did you mean person\.read\?/);
    for (const name of [...actionGroups, ...actionNames]) assert.ok(err.includes(name), name);
  });

  it('takes the names that the API takes, and no others', async () => {
    for (const args of [
      ['--name', 'Eve\u202e nimda'],
      ['--name', 'two\nlines'],
      ['--name', ' '],
      ['--name', 'x'.repeat(257)],
      ['--group', 'Night Shift'],
      ['--role', 'nosuch'],
    ]) {
      const { code, out, err } = await run('person', 'add', 'eve', ...args);
      assert.deepEqual([code, out], [2, ''], err);
    }
    assert.equal((await run('person', 'show', 'eve')).code, 4);
    const sound = ['--name', ' Eve O’Neill ', '--group', 'night-shift', '--group', 'plant'];
    assert.equal((await run('person', 'add', 'eve', ...sound)).code, 0);
    const eve = JSON.parse((await run('person', 'show', 'eve', '--json')).out);
    assert.deepEqual([eve.displayName, eve.groups], ['Eve O’Neill', ['night-shift', 'plant']]);
  });

  it('tells people times without fractions, counts with their nouns, and machines ISO 8601', async () => {
    const issued = await run('pass', 'issue', 'boss');
    assert.match(issued.out, /until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\./);
    const { expiresAt } = JSON.parse((await run('pass', 'issue', 'boss', '--json')).out);
    assert.equal(new Date(expiresAt).toISOString(), expiresAt);
    const long = await run('pass', 'issue', 'boss', '--lifetime', '100d');
    assert.match(long.err, /^A pass is good for \d+ (days|hours) at the longest\./);
    const ended = await run('session', 'revoke', '--person', 'boss');
    assert.match(ended.out, /^boss is in nowhere: there was no session to end\./);
    const issue = ['token', 'issue', '--owner', 'boss', '--scope', 'person.read'];
    const tooLong = await run(...issue, '--lifetime', '48h');
    assert.match(tooLong.err, /^A token is good for 1 day at the longest\./);
    await activate();
    assert.equal((await run(...issue)).code, 0);
    assert.match((await run('session', 'list')).out, /^1 open session\.\n/);
    const { sessions } = JSON.parse((await run('session', 'list', '--json')).out);
    const { id } = JSON.parse((await run('person', 'show', 'boss', '--json')).out);
    const [one] = sessions;
    assert.deepEqual([one.person, one.kind, 'from' in one], [id, 'token', true]);
  });

  it('changes what is named of a person, and leaves the rest as it was', async () => {
    const change = (...args: string[]) => run('person', 'change', 'cleo', ...args);
    const shown = async () => JSON.parse((await run('person', 'show', 'cleo', '--json')).out);
    await run('person', 'add', 'cleo', '--mail', 'cleo@example.com', '--group', 'staff');
    const done = await change('--name', 'Cleo', '--role', 'auditor', '--role', 'operator');
    assert.equal(done.code, 0, done.err);
    assert.match(
      done.out,
      /^cleo is changed: Cleo, cleo@example\.com, with the roles auditor, operator, in staff\./,
    );
    assert.equal((await change('--group', 'a', '--group', 'b', '--no-role', '--no-mail')).code, 0);
    assert.match((await run('person', 'show', 'cleo')).out, /with no role, in a, b\. They hold/);
    const together = await change('--group', 'a,b');
    assert.equal(together.code, 2);
    assert.match(together.err, /“a,b” is no name of a group.*Write --group once for each/s);
    const { displayName, email, roles, groups } = await shown();
    assert.deepEqual([displayName, email, roles, groups], ['Cleo', null, [], ['a', 'b']]);
    assert.equal((await change('--no-role', '--role', 'auditor')).code, 0);
    assert.deepEqual((await shown()).roles, ['auditor']);
    assert.equal((await change('--no-group', '--identifier', 'cleopatra')).code, 0);
    assert.equal((await run('person', 'show', 'cleopatra')).code, 0);
  });

  it('changes nothing of a person that can not be', async () => {
    const change = (...args: string[]) => run('person', 'change', 'boss', ...args);
    for (const args of [
      [],
      ['--role', 'emperor'],
      ['--name', ''],
      ['--group', 'A b'],
      ['--mail', 'x y'],
    ]) {
      const { code, err } = await change(...args);
      assert.equal(code, 2, args.join(' ') + err);
    }
    const last = await change('--no-role');
    assert.deepEqual([last.code, last.out], [1, '']);
    assert.match(last.err, /^They are the only administrator/);
    assert.doesNotMatch(last.err, /--force/);
    assert.equal((await run('person', 'change', 'nobody', '--name', 'N')).code, 4);
  });
});
