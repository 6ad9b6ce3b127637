/** Packets of one TCP connection as a file that tshark reads: raw IPv4 (LINKTYPE_RAW, 101), as they would have been captured. */
import { Buffer } from 'node:buffer';

export interface Captured {
  readonly from: 'client' | 'server';
  readonly payload: Uint8Array;
}

const CLIENT = { address: [192, 0, 2, 1], port: 40_000 };

export function captureFile(serverPort: number, packets: readonly Captured[]): Buffer {
  const server = { address: [192, 0, 2, 2], port: serverPort };
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(262_144, 16);
  head.writeUInt32LE(101, 20);
  const sent = { client: 1, server: 1 };
  const records = packets.map(({ from, payload }, index) => {
    const to = from === 'client' ? 'server' : 'client';
    const [source, target] = from === 'client' ? [CLIENT, server] : [server, CLIENT];
    const ip = Buffer.alloc(20);
    ip[0] = 0x45;
    ip.writeUInt16BE(40 + payload.length, 2);
    ip[8] = 64;
    ip[9] = 6;
    ip.set(source.address, 12);
    ip.set(target.address, 16);
    const tcp = Buffer.alloc(20);
    tcp.writeUInt16BE(source.port, 0);
    tcp.writeUInt16BE(target.port, 2);
    tcp.writeUInt32BE(sent[from], 4);
    tcp.writeUInt32BE(sent[to], 8);
    tcp[12] = 0x50;
    // PSH and ACK.
    tcp[13] = 0x18;
    tcp.writeUInt16BE(65_535, 14);
    sent[from] += payload.length;
    const packet = Buffer.concat([ip, tcp, payload]);
    const record = Buffer.alloc(16);
    record.writeUInt32LE(index, 0);
    record.writeUInt32LE(packet.length, 8);
    record.writeUInt32LE(packet.length, 12);
    return Buffer.concat([record, packet]);
  });
  return Buffer.concat([head, ...records]);
}
