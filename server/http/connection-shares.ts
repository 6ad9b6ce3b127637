/** No network may take all the connections that a port has: what others need is left to them, handshakes included. */
import type { Server, Socket } from 'node:net';
import type { Networks } from '../kernel/networks.ts';
import { canonicalAddress, networkOf } from './source-address.ts';

export interface Shares {
  /** One network has such a part of them: a quarter is far more than its devices need. */
  readonly part?: number;
  /** Proxies, behind whom everybody is. */
  readonly except?: Networks;
}

export function shareConnections(
  server: Server,
  most: number,
  { part = 1 / 4, except = () => false }: Shares = {},
): void {
  const held = new Map<string, number>();
  const share = Math.max(1, Math.ceil(most * part));
  server.maxConnections = most;
  // Before whoever serves it.
  server.prependListener('connection', (socket: Socket) => {
    const address = canonicalAddress(socket.remoteAddress ?? '') ?? '';
    if (except(address)) return;
    const network = networkOf(address);
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
