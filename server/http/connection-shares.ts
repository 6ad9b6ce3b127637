/** No network may take all the connections that a port has: what others need is left to them, handshakes included. */
import type { Server, Socket } from 'node:net';
import { canonicalAddress, networkOf } from './source-address.ts';

/** One network has a quarter of them, which is far more than its devices need. */
const SHARE = 4;

export function shareConnections(server: Server, most: number): void {
  const held = new Map<string, number>();
  const share = Math.max(1, Math.ceil(most / SHARE));
  server.maxConnections = most;
  // Before whoever serves it.
  server.prependListener('connection', (socket: Socket) => {
    const network = networkOf(canonicalAddress(socket.remoteAddress ?? '') ?? '');
    const holds = held.get(network) ?? 0;
    if (holds >= share) return void socket.destroy();
    held.set(network, holds + 1);
    socket.once('close', () => {
      const left = (held.get(network) ?? 1) - 1;
      if (left === 0) held.delete(network);
      else held.set(network, left);
    });
  });
}
