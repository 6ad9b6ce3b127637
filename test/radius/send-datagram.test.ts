/** How answers leave: below the socket, and by the socket itself, which has to come to the same. */
import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { sendingBy } from '../../server/doors/radius/send-datagram.ts';

async function bound(family: 'udp4' | 'udp6'): Promise<Socket> {
  const socket = createSocket(family);
  socket.bind(0, family === 'udp4' ? '127.0.0.1' : '::1');
  await once(socket, 'listening');
  return socket;
}

for (const [how, version] of [
  ['below the socket', process.versions.node],
  ['by the socket', '26.0.0'],
] as const) {
  describe(`Datagrams sent ${how}`, () => {
    for (const family of ['udp4', 'udp6'] as const) {
      it(`arrive whole and in order by ${family}, and go on after one that was too long`, async (t) => {
        const [from, to] = [await bound(family), await bound(family)];
        t.after(() => {
          from.close();
          to.close();
        });
        from.on('error', () => {});
        // Below the socket nothing is made for each: the two are told apart by it.
        const before = from.send;
        let bySocket = 0;
        from.send = ((...args: Parameters<Socket['send']>) => {
          bySocket += 1;
          return before.apply(from, args);
        }) as Socket['send']; // The same but for its count.
        const send = sendingBy(from, version);
        const { address, port } = to.address();
        const heard: string[] = [];
        const all = new Promise<void>((resolve) => {
          to.on('message', (bytes, { port: source }) => {
            assert.equal(source, from.address().port);
            if (heard.push(bytes.toString()) === 20) resolve();
          });
        });
        for (let i = 0; i < 20; i++) {
          if (i === 10) send(new Uint8Array(70_000), port, address);
          const whole = Buffer.from(`....datagram ${i}....`);
          send(new Uint8Array(whole.buffer, whole.byteOffset + 4, whole.length - 8), port, address);
          if (i % 5 === 4) await new Promise((resolve) => setImmediate(resolve));
        }
        await all;
        assert.deepEqual(
          heard,
          Array.from({ length: 20 }, (_, i) => `datagram ${i}`),
        );
        assert.equal(bySocket > 0, how === 'by the socket');
      });
    }
  });
}

it('Sending below a socket that was closed is nothing', async () => {
  const socket = await bound('udp4');
  const { port, address } = socket.address();
  const send = sendingBy(socket);
  socket.close();
  await once(socket, 'close');
  send(Uint8Array.of(1), port, address);
});
