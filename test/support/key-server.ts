/** Where somebody publishes keys, for whoever fetches them: on this machine, which nobody is sent to but by a test. */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Later } from '../../server/kernel/later.ts';
import { checkedNetworks } from '../../server/kernel/networks.ts';

export interface KeyServer {
  readonly address: string;
  /** Hosts and paths that were asked for. */
  requests: string[];
  answer: RequestListener;
  /** Nothing was asked for yet, and no keys are there. */
  anew(): void;
  close(): void;
}

/** What lets that be fetched. */
export const LOOPBACK = { plain: true, allowed: checkedNetworks(['127.0.0.0/8']) };

export async function startKeyServer(): Promise<KeyServer> {
  const http = createServer((request, response) => {
    server.requests.push(`${request.headers.host}${request.url}`);
    server.answer(request, response);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo; // It listens on a port.
  const server: KeyServer = {
    address: `http://127.0.0.1:${port}/jwks`,
    requests: [],
    answer: (_request, response) => response.end('{"keys":[]}'),
    anew() {
      server.requests = [];
      server.answer = (_request, response) => response.end('{"keys":[]}');
    },
    close() {
      http.closeAllConnections();
      http.close();
    },
  };
  return server;
}

/** Waits for nobody: a test says when the time is over. */
export function handTimers() {
  const waiting = new Set<() => void>();
  const later: Later = (_milliseconds, work) => {
    waiting.add(work);
    return () => waiting.delete(work);
  };
  const ring = () => {
    for (const work of waiting) work();
  };
  return { later, ring };
}
