/**
 * Requests that come on a connection before those ahead of them are answered (RFC 9112 §9.3.2). Node begins with all of them at once,
 * and more than a thousand fit into what it reads at a time; each then costs a hundred times the bytes that it came in, for as long as
 * nobody reads the answers. Browsers and proxies send none so.
 */
import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';

const MOST_WAITING = 8;

export function boundPipelines(answer: RequestListener): RequestListener {
  const waiting = new WeakMap<Socket, number>();
  return (request, response) => {
    // A response has its connection once those ahead are done with it.
    if (response.socket !== null) return answer(request, response);
    const { socket } = request;
    const waits = (waiting.get(socket) ?? 0) + 1;
    // What was read together with them comes here all the same.
    if (socket.destroyed || waits > MOST_WAITING) return void socket.destroy();
    waiting.set(socket, waits);
    response.once('close', () => waiting.set(socket, (waiting.get(socket) ?? 1) - 1));
    answer(request, response);
  };
}
