/** `sallyport resource invite`, `invitations` and `uninvite`, and what doctor says of them. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { lookAtRegistration } from '../../server/main/doctor/registration-look.ts';
import { beginIn, runCommand } from '../support/command.ts';
import { look } from '../support/doctor.ts';

const ON = 'oidc: { registration: true }\n';

describe('the command line, inviting applications', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-invite-'));
  const run = (...args: string[]) => runCommand(folder, ['resource', ...args]);
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
    await beginIn(folder);
    await runCommand(folder, ['person', 'add', 'ada']);
    await runCommand(folder, ['person', 'add', 'bea']);
    await runCommand(folder, ['person', 'disable', 'bea']);
  });
  after(() => rmSync(folder, { recursive: true }));

  it('says what comes next where nobody is invited yet', async () => {
    assert.match((await run('invitations')).out, /resource invite --owner PERSON/);
  });

  it('refuses what can be no invitation, and makes none', async () => {
    await refused(2, /--owner/, 'invite');
    await refused(4, /nobody called “eve”/, 'invite', '--owner', 'eve');
    await refused(1, /disabled or erased can answer for nothing/, 'invite', '--owner', 'bea');
    for (const uses of ['0', '101', '1.5', '1e1', 'x']) {
      await refused(2, /--uses is a number/, 'invite', '--owner', 'ada', '--uses', uses);
    }
    for (const time of ['0s', '91d', 'long']) {
      await refused(2, /--lifetime is a time/, 'invite', '--owner', 'ada', '--lifetime', time);
    }
    await refused(2, /--open is/, 'invite', '--owner', 'ada', '--open', 'all');
    await refused(2, /name of a group/, 'invite', '--owner', 'ada', '--member', 'A B');
    assert.deepEqual((await done('invitations')).invitations, []);
  });

  it('shows the token once, and says what it is good for', async () => {
    const made = await run('invite', '--owner', 'ada', '--uses', '2', '--member', 'developers');
    assert.equal(made.code, 0, made.err);
    assert.match(made.out, /^2 applications can register by this token until /);
    assert.match(made.out, /People of developers may\s+sign in/);
    assert.match(made.out, /set oidc\.registration to true/);
    const token = /spi_[A-Za-z0-9_-]{65}/.exec(made.out)?.[0];
    assert.ok(token);
    writeFileSync(join(folder, 'sallyport.yaml'), ON);
    const shown = await done('invite', '--owner', 'ada', '--open', 'everyone', '--lifetime', '7d');
    assert.match(shown.token, /^spi_/);
    assert.match(shown.endpoint, /\/oidc\/register$/);
    assert.equal(Date.parse(shown.expiresAt) > Date.now() + 6 * 86_400_000, true);
    const listed = await run('invitations');
    assert.match(listed.out, /2 invitations/);
    assert.match(listed.out, /developers/);
    assert.ok(!listed.out.includes(token) && !listed.out.includes(shown.token));
  });

  it('withdraws one, once', async () => {
    const { id } = await done('invite', '--owner', 'ada');
    assert.equal((await done('uninvite', id)).id, id);
    const { invitations } = await done('invitations');
    const [newest] = invitations;
    assert.deepEqual([newest.id, newest.state, newest.used], [id, 'withdrawn', 0]);
    await refused(4, /over already/, 'uninvite', id);
    await refused(4, /no invitation “nobody”/, 'uninvite', 'nobody');
  });

  it('withdraws none that was named too shortly to be meant', async () => {
    const { id } = await done('invite', '--owner', 'ada');
    for (const typed of ['', id.slice(-1), id.slice(-5)]) {
      await refused(2, /too short.*Nothing was done/, 'uninvite', typed);
    }
    assert.equal((await done('invitations')).invitations[0].state, 'good');
    assert.equal((await done('uninvite', id.slice(-6))).id, id);
  });

  it('shows them page by page, as the API tells them', async () => {
    const all = (await done('invitations')).invitations;
    const first = await done('invitations', '--limit', '2');
    assert.deepEqual(first.invitations, all.slice(0, 2));
    const more = await done('invitations', '--after', first.next);
    assert.deepEqual([more.invitations, more.next], [all.slice(2), null]);
    assert.match((await run('invitations', '--limit', '2')).out, /--after/);
  });

  it('is looked at by doctor', async () => {
    const [off] = await look(lookAtRegistration, folder, '');
    assert.deepEqual(off?.state, 'ok');
    assert.match(off.what, /is off/);
    const now = Date.now();
    const [on] = await look(lookAtRegistration, folder, ON, {}, now);
    assert.equal(on?.state, 'ok');
    assert.match(on.what, /3 more applications can come by 2 invitations/);
    const [idle] = await look(lookAtRegistration, folder, ON, {}, now + 100 * 86_400_000);
    assert.equal(idle?.state, 'warn');
  });
});
