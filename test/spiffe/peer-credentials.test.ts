import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createAskPeer } from '../../server/doors/spiffe/peer-credentials.ts';

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
    return createAskPeer(file);
  };

  it('is told by the kernel: user, group, process, and when it began', async () => {
    const peer = await createAskPeer()(descriptor);
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
    await createAskPeer()(socket._handle.fd);
    const heard = once(other, 'data');
    socket.write('still here');
    assert.equal(String((await heard)[0]), 'still here');
    other.destroy();
    socket.destroy();
  });

  it('is nobody where the helper is missing, fails, or says anything odd', async () => {
    assert.equal(await createAskPeer('/nowhere/perl')(descriptor), undefined);
    assert.match(createAskPeer('/nowhere/perl').lacks?.() ?? '', /is not there/);
    assert.equal(createAskPeer().lacks?.(), undefined);
    assert.equal(await helper('echo -n "1 0 0 5"; exit 1')(descriptor), undefined);
    assert.equal(await helper('echo -n "1 0"')(descriptor), undefined);
    assert.equal(await helper('echo -n "-1 0 0 "')(descriptor), undefined);
    assert.equal(await helper('echo -n "1 0 0 5 6"')(descriptor), undefined);
    assert.equal(await helper('true')(descriptor), undefined);
    assert.deepEqual(await helper('printf "1 0 0 "')(descriptor), {
      pid: 1,
      uid: 0,
      gid: 0,
      start: undefined,
    });
  });

  it('is nobody where it is no socket at all', async () => {
    assert.equal(await createAskPeer()(openSync('/dev/null', 'r')), undefined);
  });
});
