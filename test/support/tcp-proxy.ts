/** A stretch of network between a client and a server that a test can cut. */
import { connect, createServer, type Socket } from 'node:net';

export interface TcpProxy {
  readonly port: number;
  /** Asked about everything that a client sends: lets it through, or does so and lets no answer back, or cuts the connection. */
  onSend: (bytes: Buffer) => 'pass' | 'deaf' | 'cut';
  /** Cuts every connection. */
  cut(): void;
  close(): Promise<void>;
}

export async function startTcpProxy(to: { host: string; port: number }): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(to.port, to.host);
    let deaf = false;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (bytes: Buffer) => {
      const fate = proxy.onSend(bytes);
      if (fate === 'cut') client.destroy();
      else {
        deaf ||= fate === 'deaf';
        upstream.write(bytes);
      }
    });
    upstream.on('data', (bytes: Buffer) => {
      if (!deaf) client.write(bytes);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  const proxy: TcpProxy = {
    port: (server.address() as { port: number }).port, // Of a TCP server that listens.
    onSend: () => 'pass',
    cut,
    close() {
      cut();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return proxy;
}
