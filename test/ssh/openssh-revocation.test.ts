/**
 * SSH certificates with OpenSSH's own sshd after they were revoked (T1021.004): one by one, with their session, their person, their key
 * and the authority's key. Each time another certificate goes on working.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { eventsOf } from '../support/events.ts';
import { opensshMissing, run, sshClient } from '../support/openssh.ts';
import { type OpensshHouse, openOpensshHouse } from '../support/openssh-house.ts';
import { passkeyPerson } from '../support/served-people.ts';

describe('OpenSSH, told what is revoked', { skip: opensshMissing() }, () => {
  let x: OpensshHouse;
  before(async () => {
    x = await openOpensshHouse(['web1']);
  });
  beforeEach(() => x.signedIn());
  after(() => x?.close());

  it('refuses a certificate after it was revoked, and no other', async () => {
    const given: Awaited<ReturnType<OpensshHouse['certificate']>>[] = [];
    const issued = await eventsOf(x.house, async () => {
      for (let i = 0; i < 2; i++) given.push(await x.certificate('web1'));
    });
    const [first, second] = given;
    assert.ok(first !== undefined && second !== undefined);
    assert.deepEqual(
      issued
        .filter(({ type }) => type === 'ssh.certificate-issued')
        .map(({ outcome, subject, data }) => [outcome, subject, data.serial]),
      [first, second].map(({ serial }) => ['granted', x.root.id, serial]),
    );
    await x.works('web1', 'root', first.certificate);
    const told = await eventsOf(x.house, async () => {
      const params = { serial: first.serial };
      const revoked = await x.house.api('revokeSshCertificate', { token: x.token, params });
      assert.equal(revoked.status, 204, revoked.text);
      const again = await x.house.api('revokeSshCertificate', { token: x.token, params });
      assert.equal(again.status, 404);
    });
    assert.deepEqual(
      told
        .filter(({ type }) => type.startsWith('ssh.'))
        .map(({ type, outcome, subject, actor, door, data }) => [
          `${type} ${outcome}`,
          ...[subject, actor, door, data.serial],
        ]),
      [['ssh.certificate-revoked done', x.root.id, x.root.id, 'api', first.serial]],
    );
    await x.fetchAt('web1');
    const log = await x.refused('web1', 'root', first.certificate);
    assert.match(log, /revoked/i);
    await x.works('web1', 'root', second.certificate);
    // OpenSSH's own reader says the same.
    for (const [line, code] of [
      [first.certificate, 1],
      [second.certificate, 0],
    ] as const) {
      const file = join(x.mine.folder, 'asked.pub');
      writeFileSync(file, `${line}\n`);
      const asked = await run('ssh-keygen', ['-Q', '-f', join(x.at('web1').folder, 'krl'), file]);
      assert.equal(asked.code, code, asked.out + asked.err);
    }
  });

  it('refuses certificates of a session that was ended, and of a person who was disabled', async () => {
    const before = await x.certificate('web1');
    await x.works('web1', 'root', before.certificate);
    const sessions = await x.house.api('listMySessions', { token: x.token });
    const current = sessions.json.items.find(({ current }: { current: boolean }) => current);
    const endedOnRecord = await eventsOf(x.house, async () => {
      const params = { id: current.id };
      const ended = await x.house.api('endMySession', { token: x.token, params });
      assert.equal(ended.status, 204, ended.text);
    });
    assert.deepEqual(
      endedOnRecord.map(({ type, subject }) => [type, subject]),
      [['session.ended', x.root.id]],
    );
    await x.signedIn();
    const after = await x.certificate('web1');
    await x.fetchAt('web1');
    assert.match(await x.refused('web1', 'root', before.certificate), /revoked/i);
    await x.works('web1', 'root', after.certificate);

    const ben = await passkeyPerson(x.house, 'ben', ['administrator']);
    const his = await x.ask('web1', 'root', { as: await x.signedIn(ben) });
    assert.equal(his.status, 201, his.text);
    await x.works('web1', 'root', his.json.certificate);
    const disabled = await x.house.api('disablePerson', { token: x.token, params: { id: ben.id } });
    assert.ok(disabled.status < 300, disabled.text);
    await x.fetchAt('web1');
    assert.match(await x.refused('web1', 'root', his.json.certificate), /revoked/i);
    await x.works('web1', 'root', after.certificate);
  });

  it('refuses a key that was revoked, with a new certificate, too', async () => {
    const lost = sshClient();
    lost.knows([]);
    const first = await x.ask('web1', 'root', { publicKey: lost.publicKey });
    assert.equal(first.status, 201);
    const body = { publicKey: lost.publicKey };
    assert.equal((await x.house.api('revokeSshKey', { token: x.token, body })).status, 204);
    const second = await x.ask('web1', 'root', { publicKey: lost.publicKey });
    assert.equal(second.status, 422);
    assert.match(second.json.says, /revoked/);
    await x.fetchAt('web1');
    const file = join(lost.folder, 'asked.pub');
    writeFileSync(file, `${first.json.certificate}\n`);
    const asked = await run('ssh-keygen', ['-Q', '-f', join(x.at('web1').folder, 'krl'), file]);
    assert.equal(asked.code, 1, asked.out);
    await x.works('web1', 'root', (await x.certificate('web1')).certificate);
    lost.close();
  });

  it('refuses every certificate of an authority’s key that was ended at once', async () => {
    const before = await x.certificate('web1');
    await x.works('web1', 'root', before.certificate);
    const body = { kind: 'user', at: 'once' };
    const rotated = await x.house.api('rotateSshKeys', { token: x.token, body });
    assert.equal(rotated.json?.rotated, true, rotated.text);
    const after = await x.certificate('web1');
    // A host that has fetched the list alone refuses the old one, and does not trust the new one yet.
    x.remade();
    await run('sh', ['-c', `curl -fsS -o ${x.at('web1').folder}/krl ${x.house.origin}/ssh/krl`]);
    assert.match(await x.refused('web1', 'root', before.certificate), /revoked/i);
    await x.refused('web1', 'root', after.certificate);
    await x.fetchAt('web1');
    await x.works('web1', 'root', after.certificate);
    await x.refused('web1', 'root', before.certificate);
  });

  it('goes on through a planned rotation: both keys are trusted, and the next one signs later', async () => {
    await x.fetchAt('web1');
    const before = await x.certificate('web1');
    const body = { kind: 'user' };
    const rotated = await x.house.api('rotateSshKeys', { token: x.token, body });
    assert.equal(rotated.json?.rotated, true, rotated.text);
    assert.equal(
      (await x.house.api('rotateSshKeys', { token: x.token, body })).json.rotated,
      false,
    );
    await x.works('web1', 'root', (await x.certificate('web1')).certificate);
    await x.fetchAt('web1');
    const { out } = await run('cat', [join(x.at('web1').folder, 'user-ca.pub')]);
    assert.equal(out.trim().split('\n').length, 2);
    await x.works('web1', 'root', before.certificate);
  });
});
