/** One UDP port: each datagram that comes is one packet, and what answers it goes back where it came from. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { canonicalAddress } from '../../http/source-address.ts';
import type { Notice } from '../../kernel/notice.ts';
import type { Source } from './answering.ts';

export interface UdpPort {
  /** The port that it got. */
  open(): Promise<number>;
  close(): Promise<void>;
}

/** As much as the system is asked to hold while we judge: what does not fit is lost, and comes again. */
const BUFFER = 4 * 1024 * 1024;

export function createUdpPort(
  { notice }: { readonly notice: Notice },
  where: { readonly host: string; readonly port: number },
  take: (bytes: Uint8Array, source: Source) => Promise<Uint8Array | undefined>,
): UdpPort {
  let socket: Socket | undefined;
  /** Many packets in a row come from one network device. */
  let last = { address: '', canonical: '' };
  return {
    async open() {
      const { host, port } = where;
      const family = isIPv6(host) ? 6 : 4;
      const opened = createSocket({
        type: family === 6 ? 'udp6' : 'udp4',
        recvBufferSize: BUFFER,
        // Answers go to addresses that packets came from, and `host` is one: no name is looked up.
        lookup: (address, _options, found) => found(null, address, family),
      });
      socket = opened;
      opened.on('message', (bytes, { address, port }) => {
        if (last.address !== address) {
          last = { address, canonical: canonicalAddress(address) ?? address };
        }
        const from = last.canonical;
        // Not as a Buffer: each part that is read out of one costs twice as much, and a copy of one is none.
        const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
        void take(plain, { address: from, port }).then((answer) => {
          // Whoever has gone meanwhile hears nothing; so does everybody once we close.
          // A datagram that can't be sent is one that was lost: with no one to tell, Node drops it.
          if (answer !== undefined && socket === opened) opened.send(answer, port, address);
        });
      });
      // Not shared by worker processes: each would know of half of a conversation.
      const listening = once(opened, 'listening');
      opened.bind({ address: host, port, exclusive: true });
      await listening;
      opened.on('error', (fault) => notice('warn', 'A RADIUS socket had a fault.', fault));
      return opened.address().port;
    },
    async close() {
      const closing = socket;
      socket = undefined;
      if (closing === undefined) return;
      await new Promise<void>((resolve) => closing.close(() => resolve()));
    },
  };
}
