/**
 * The connections of servers, for when these end. Node's own lists leave out whoever is still at a TLS handshake, and nothing ends
 * those that have asked for nothing yet: one that keeps silent would keep a server from ending.
 */
import type { Server, Socket } from 'node:net';

export interface OpenSockets {
  /** From here on. */
  watch(server: Server): void;
  /** Those on which nothing was ever said, as browsers open them ahead of time. */
  endSilent(): void;
  endAll(): void;
}

export function createOpenSockets(): OpenSockets {
  const open = new Set<Socket>();
  return {
    watch(server) {
      server.on('connection', (socket: Socket) => {
        open.add(socket);
        socket.once('close', () => open.delete(socket));
      });
    },
    endSilent() {
      for (const socket of open) if (socket.bytesRead === 0) socket.destroy();
    },
    endAll() {
      for (const socket of open) socket.destroy();
    },
  };
}
