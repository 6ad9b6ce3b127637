/** Whose browser comes back with the answer of a sign-in: the address that was opened can be read by every user of the computer. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { listenOnLoopback } from '../../server/main/remote/loopback.ts';
import {
  createIsOwn,
  createWhoseConnection,
  ownUsers,
} from '../../server/main/remote/whose-connection.ts';

const run = promisify(execFile);
const OWN = process.getuid?.() ?? 0;
const STRANGER = 61_234;

describe('whose a connection on this computer is', {
  skip: process.platform !== 'linux' && 'only Linux tells it like this',
}, () => {
  const folder = mkdtempSync(join(tmpdir(), 'whose-'));
  const whose = createWhoseConnection();
  let server: Server;
  let ours: number;
  before(async () => {
    server = createServer({ allowHalfOpen: true });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ours = (server.address() as AddressInfo).port;
  });
  after(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });

  async function opened(host: string): Promise<{ client: Socket; accepted: Socket }> {
    const coming = once(server, 'connection');
    const client = connect(ours, host);
    const [accepted] = (await coming) as [Socket];
    return { client, accepted };
  }

  for (const host of ['127.0.0.1', '::ffff:127.0.0.1']) {
    it(`is told by the kernel, of one that was made to ${host}`, async () => {
      const { client, accepted } = await opened(host);
      assert.equal(whose({ theirs: accepted.remotePort ?? 0, ours }), OWN);
      client.destroy();
      accepted.destroy();
    });
  }

  it('is nobody’s once it was closed there, though the kernel says root then', async () => {
    const { client, accepted } = await opened('127.0.0.1');
    const theirs = accepted.remotePort ?? 0;
    accepted.resume();
    client.end();
    await once(accepted, 'end');
    assert.equal(whose({ theirs, ours }), 'nobody');
    client.destroy();
    accepted.destroy();
  });

  it('is nobody’s where there is none, and not told where the computer has no such table', () => {
    assert.equal(whose({ theirs: 1, ours }), 'nobody');
    assert.equal(createWhoseConnection(folder)({ theirs: 1, ours }), undefined);
    const line =
      '  0: 0100007F:0050 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1003 0 1';
    writeFileSync(join(folder, 'tcp'), `  sl  local_address rem_address   st\n${line}\n`);
    assert.equal(createWhoseConnection(folder)({ theirs: 80, ours: 8080 }), 1003);
    assert.equal(createWhoseConnection(folder)({ theirs: 8080, ours: 80 }), 'nobody');
  });

  it('is one’s own as oneself, as root, and as whoever became root by sudo', () => {
    assert.deepEqual([...ownUsers({})].sort(), [...new Set([0, OWN])].sort());
    assert.equal(ownUsers({ SUDO_UID: String(STRANGER) }).has(STRANGER), OWN === 0);
    assert.equal(ownUsers({ SUDO_UID: 'x' }).size, ownUsers({}).size);
  });

  it('is believed to be one’s own where the computer does not tell, and another user’s is warned of once', () => {
    const warnings: string[] = [];
    const told = (user: ReturnType<typeof whose>) =>
      createIsOwn(
        {},
        (text) => warnings.push(text),
        () => user,
      )({ theirs: 1, ours });
    assert.deepEqual([OWN, undefined, 'nobody' as const].map(told), [true, true, false]);
    assert.equal(warnings.join(), '');
    const isOwn = createIsOwn(
      {},
      (text) => warnings.push(text),
      () => STRANGER,
    );
    assert.deepEqual([isOwn({ theirs: 1, ours }), isOwn({ theirs: 2, ours })], [false, false]);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', /another user of this computer \(61234\)/);
  });

  it('keeps another user’s browser from giving its answer, and takes the one that is waited for', {
    skip: OWN !== 0 && 'only root can be somebody else',
  }, async () => {
    const loopback = await listenOnLoopback(
      '/callback',
      'the-state',
      (ends) => whose(ends) === OWN,
    );
    try {
      const answer = (code: string) => `${loopback.redirectUri}?state=the-state&code=${code}`;
      const script = `fetch(process.argv[1]).then((response) => console.log(response.status));`;
      const { stdout } = await run(process.execPath, ['-e', script, answer('theirs')], {
        uid: STRANGER,
        gid: STRANGER,
        cwd: '/',
        env: {},
      });
      assert.equal(stdout.trim(), '403');
      assert.equal((await fetch(answer('mine'))).status, 200);
      assert.equal((await loopback.answer)?.get('code'), 'mine');
    } finally {
      loopback.stop();
    }
  });
});
