/** As much of gRPC over HTTP/2 as the Workload API needs (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md). */
import { concat, utf8 } from '../../kernel/bytes.ts';

export const GRPC_STATUS = {
  ok: 0,
  'invalid-argument': 3,
  'deadline-exceeded': 4,
  'permission-denied': 7,
  'resource-exhausted': 8,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
} as const;
export type GrpcStatus = keyof typeof GRPC_STATUS;

const HEAD = 5;

/** One message with its length before it, not compressed. */
export function frame(message: Uint8Array): Uint8Array {
  const head = new Uint8Array(HEAD);
  new DataView(head.buffer).setUint32(1, message.length);
  return concat(head, message);
}

export type Unframed =
  | { readonly state: 'whole'; readonly message: Uint8Array }
  | { readonly state: 'more' }
  /** `compressed`: we named no compression that we take. `malformed`: longer than may be, or more than one message. */
  | { readonly state: 'compressed' | 'malformed' };

/** The one message of a request; `ended` once its stream has. */
export function unframe(bytes: Uint8Array, most: number, ended: boolean): Unframed {
  if (bytes.length < HEAD) return { state: ended ? 'malformed' : 'more' };
  if (bytes[0] !== 0) return { state: bytes[0] === 1 ? 'compressed' : 'malformed' };
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1);
  const whole = HEAD + length;
  if (length > most || bytes.length > whole) return { state: 'malformed' };
  if (bytes.length < whole) return { state: ended ? 'malformed' : 'more' };
  return { state: 'whole', message: bytes.subarray(HEAD) };
}

/** Percent-encoded but for what is printable. */
export function grpcMessage(text: string): string {
  let encoded = '';
  for (const byte of utf8(text)) {
    const plain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25;
    encoded += plain
      ? String.fromCharCode(byte)
      : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}
