/** A stretch of network between a client and a port of ours that tells how often the client sent: what asks again does so by its own clock. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

export interface UdpRelay {
  readonly port: number;
  /** How many packets the client has sent. */
  sent(): number;
  close(): Promise<void>;
}

export async function startUdpRelay(to: number): Promise<UdpRelay> {
  const [near, far] = [createSocket('udp4'), createSocket('udp4')];
  for (const socket of [near, far]) {
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
  }
  let sent = 0;
  let client: number | undefined;
  near.on('message', (bytes, from) => {
    sent += 1;
    client = from.port;
    far.send(bytes, to, '127.0.0.1');
  });
  far.on('message', (bytes) => near.send(bytes, client, '127.0.0.1'));
  return {
    port: near.address().port,
    sent: () => sent,
    async close() {
      await Promise.all(
        [near, far].map((socket) => new Promise<void>((done) => socket.close(done))),
      );
    },
  };
}
