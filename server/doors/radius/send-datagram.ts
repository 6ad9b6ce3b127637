/**
 * How an answer leaves. `socket.send` looks up the address by name, makes an object for the sending and another for the look-up, and
 * costs more than the system does; here what lies below it is asked, with the object of the sending before, since it is mostly done with
 * at once. That is no part of Node's interface (DEP0111), and Node is brought along in one version: where it has it otherwise,
 * `socket.send` does the same.
 */
import type { Socket } from 'node:dgram';

export type SendDatagram = (bytes: Uint8Array, port: number, address: string) => void;

interface Request {
  /** What is sent has to live until it is. */
  list?: readonly Uint8Array[] | undefined;
}

interface Handle {
  /** More than none: it is sent. None: it will be. Less: it can't be. */
  send(
    request: Request,
    list: readonly Uint8Array[],
    count: number,
    port: number,
    address: string,
    isTold: boolean,
  ): number;
}

/** A datagram that can't be sent is one that was lost; so is one that comes after the socket was closed. */
export function sendingBy(socket: Socket, version: string = process.versions.node): SendDatagram {
  const below = version.startsWith('24.') ? lookBelow(socket) : undefined;
  if (below === undefined) return (bytes, port, address) => socket.send(bytes, port, address);
  const { state, makeRequest } = below;
  let request = makeRequest();
  return (bytes, port, address) => {
    const { handle } = state;
    if (handle === null) return;
    const list = [bytes];
    request.list = list;
    // While the system has no room it waits there, and the next needs an object of its own.
    if (handle.send(request, list, 1, port, address, false) === 0) request = makeRequest();
    else request.list = undefined;
  };
}

interface State {
  readonly handle: Handle | null;
}

function lookBelow(socket: Socket) {
  try {
    const state = Object.getOwnPropertySymbols(socket)
      .map((symbol) => Reflect.get(socket, symbol) as unknown)
      .find((value) => typeof value === 'object' && value !== null && 'handle' in value);
    const binding: unknown = Reflect.get(process, 'binding');
    if (state === undefined || typeof binding !== 'function') return undefined;
    const { handle } = state as State;
    const { SendWrap } = binding.call(process, 'udp_wrap') as { SendWrap?: new () => Request };
    if (typeof handle?.send !== 'function' || typeof SendWrap !== 'function') return undefined;
    return { state: state as State, makeRequest: () => new SendWrap() };
  } catch {
    // Whatever is not as it was is not there.
    return undefined;
  }
}
