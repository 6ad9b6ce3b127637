import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { shareConnections } from '../../server/http/connection-shares.ts';

describe('the connections of a port', () => {
  it('are not all for one network: a quarter is its own, and others still come in', async () => {
    const server = createServer((socket) => socket.write('in'));
    shareConnections(server, 8);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo; // It listens on a port.
    const came: Socket[] = [];
    const come = async (localAddress: string) => {
      const socket = connect({ host: '127.0.0.1', port, localAddress });
      came.push(socket);
      const heard = once(socket, 'data').then(() => 'in' as const);
      const closed = once(socket, 'close').then(() => 'out' as const);
      return Promise.race([heard, closed]);
    };
    assert.deepEqual([await come('127.0.0.1'), await come('127.0.0.1')], ['in', 'in']);
    assert.equal(await come('127.0.0.1'), 'out');
    assert.equal(await come('127.0.0.2'), 'in');
    const [first] = came;
    first?.destroy();
    // Its place is free again as soon as the server has seen it go.
    let again = await come('127.0.0.1');
    while (again === 'out') again = await come('127.0.0.1');
    assert.equal(again, 'in');
    for (const socket of came) socket.destroy();
    server.close();
  });
});
