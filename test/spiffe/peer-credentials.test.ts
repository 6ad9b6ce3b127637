import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type AskPeers, createAskPeers } from '../../server/doors/spiffe/peer-credentials.ts';
import { MOST_AT_ONCE } from '../../server/doors/spiffe/peer-queue.ts';

describe('who is at the other end of a Unix socket', {
  skip: process.platform !== 'linux' && 'only Linux tells who calls',
}, () => {
  const folder = mkdtempSync(join(tmpdir(), 'peer-'));
  const path = join(folder, 'sock');
  let server: Server;
  let client: Socket;
  let descriptor: number;

  before(async () => {
    server = createServer();
    const accepted = once(server, 'connection');
    await new Promise<void>((resolve) => server.listen(path, resolve));
    client = connect(path);
    const [socket] = (await accepted) as [Socket & { _handle: { fd: number } }];
    descriptor = socket._handle.fd;
  });
  after(() => {
    client.destroy();
    server.close();
    rmSync(folder, { recursive: true });
  });

  const helper = (script: string) => {
    const file = join(folder, 'helper');
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
    return createAskPeers(file);
  };
  const one = async (ask: AskPeers, of: number) => (await ask([of]))[0];

  it('is told by the kernel: user, group, process, and when it began', async () => {
    const peer = await one(createAskPeers(), descriptor);
    const line = readFileSync('/proc/self/stat', 'latin1');
    assert.deepEqual(peer, {
      pid: process.pid,
      uid: process.getuid?.(),
      gid: process.getgid?.(),
      // Where the kernel is new enough (6.5), the twentieth field behind the name.
      start: peer?.start && line.slice(line.lastIndexOf(')') + 2).split(' ')[19],
    });
  });

  it('leaves the connection as it was', async () => {
    const accepted = once(server, 'connection');
    const other = connect(path);
    const [socket] = (await accepted) as [Socket & { _handle: { fd: number } }];
    await one(createAskPeers(), socket._handle.fd);
    const heard = once(other, 'data');
    socket.write('still here');
    assert.equal(String((await heard)[0]), 'still here');
    other.destroy();
    socket.destroy();
  });

  it('is nobody where the helper is missing, fails, or says anything odd', async () => {
    assert.equal(await one(createAskPeers('/nowhere/perl'), descriptor), undefined);
    assert.match(createAskPeers('/nowhere/perl').lacks?.() ?? '', /is not there/);
    assert.equal(createAskPeers().lacks?.(), undefined);
    assert.equal(await one(helper('printf "1 0 0 5\\n"; exit 1'), descriptor), undefined);
    assert.equal(await one(helper('printf "1 0\\n"'), descriptor), undefined);
    assert.equal(await one(helper('printf "-1 0 0 \\n"'), descriptor), undefined);
    assert.equal(await one(helper('printf "1 0 0 5 6\\n"'), descriptor), undefined);
    assert.equal(await one(helper('true'), descriptor), undefined);
    assert.equal(await one(helper('printf "1 0 0 5"'), descriptor), undefined);
    assert.equal(await one(helper('printf "1 0 0 5\\n1 0 0 5\\n"'), descriptor), undefined);
    assert.deepEqual(await one(helper('printf "1 0 0 \\n"'), descriptor), {
      pid: 1,
      uid: 0,
      gid: 0,
      start: undefined,
    });
  });

  it('is told of many at once, each of its own, and of those that are no sockets nothing', async () => {
    const accepted = once(server, 'connection');
    const other = connect(path);
    const [socket] = (await accepted) as [Socket & { _handle: { fd: number } }];
    const file = openSync('/dev/null', 'r');
    const sockets = Array.from({ length: MOST_AT_ONCE - 2 }, () => descriptor);
    const told = await createAskPeers()([file, ...sockets, socket._handle.fd]);
    assert.deepEqual(
      told.map((peer) => peer?.pid),
      [undefined, ...sockets.map(() => process.pid), process.pid],
    );
    // Each with its start, as of a single one.
    assert.equal(new Set(told.slice(1).map((peer) => peer?.start)).size, 1);
    assert.equal(told[1]?.start, (await one(createAskPeers(), descriptor))?.start);
    closeSync(file);
    other.destroy();
    socket.destroy();
  });

  it('is nobody where it is no socket at all', async () => {
    assert.equal(await one(createAskPeers(), openSync('/dev/null', 'r')), undefined);
  });
});
