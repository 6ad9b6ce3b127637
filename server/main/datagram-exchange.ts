/** Datagrams that want an answer, for parts of the house that speak to nobody themselves. */
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Later } from '../kernel/later.ts';
import type { Exchange } from '../proofs/upstream/ask-upstream.ts';

export function createDatagramExchange(later: Later): Exchange {
  return (datagram, { host, port }, waits, read) =>
    new Promise((resolve) => {
      const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
      let over = false;
      let cancel = () => {};
      const finish = (found: ReturnType<typeof read> | 'unreachable') => {
        if (over) return;
        over = true;
        cancel();
        socket.close();
        resolve(found);
      };
      const send = (times: number) => {
        const wait = waits[times];
        if (over) return;
        if (wait === undefined) return finish(undefined);
        socket.send(datagram, () => {});
        cancel = later(wait, () => send(times + 1));
      };
      // Nobody listens there, or the name is no machine's.
      socket.on('error', () => finish('unreachable'));
      socket.on('message', (bytes) => {
        const found = read(new Uint8Array(bytes));
        if (found !== undefined) finish(found);
      });
      socket.on('connect', () => send(0));
      // Only what comes from there is handed over by the system.
      socket.connect(port, host);
    });
}
