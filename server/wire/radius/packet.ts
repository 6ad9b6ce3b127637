/**
 * RADIUS packets (RFC 2865 §3, RFC 2866 §3, RFC 5176 §2.3): bytes to values and back, within strict bounds. Nothing here knows a
 * secret; shared-secret.ts does.
 */
import { failed, ok, type Result } from '../../kernel/result.ts';

export const CODE = {
  accessRequest: 1,
  accessAccept: 2,
  accessReject: 3,
  accountingRequest: 4,
  accountingResponse: 5,
  accessChallenge: 11,
  statusServer: 12,
  disconnectRequest: 40,
  disconnectAck: 41,
  disconnectNak: 42,
  coaRequest: 43,
  coaAck: 44,
  coaNak: 45,
} as const;
export type Code = (typeof CODE)[keyof typeof CODE];

const CODES: ReadonlySet<number> = new Set(Object.values(CODE));

export const HEADER = 20;
export const MOST_BYTES = 4096;
/** One octet tells an attribute's length, which counts the two octets before its value (RFC 2865 §5). */
export const MOST_VALUE = 253;
export const AUTHENTICATOR = 16;

/** The attributes that this file and shared-secret.ts know by number; all others are in the dictionary. */
export const TYPE = {
  userName: 1,
  userPassword: 2,
  state: 24,
  vendorSpecific: 26,
  proxyState: 33,
  eapMessage: 79,
  messageAuthenticator: 80,
} as const;

export interface Attribute {
  readonly type: number;
  readonly value: Uint8Array;
}

export interface Packet {
  readonly code: Code;
  readonly identifier: number;
  readonly authenticator: Uint8Array;
  readonly attributes: readonly Attribute[];
  /** The octets that it was read from, as long as it says that it is: what signatures are computed over. */
  readonly bytes: Uint8Array;
}

/**
 * - `short`: less than a header, or less than its length says;
 * - `long`: its length is above 4096, or below a header;
 * - `code`: of a kind that is not spoken here;
 * - `attribute`: an attribute that is shorter than its own header, or goes on beyond the packet;
 * - `repeated`: what may stand once stands twice.
 */
export type PacketFault = 'short' | 'long' | 'code' | 'attribute' | 'repeated';

/** Those of which there is one at most: two of them could be read in two ways (RFC 2865 §5.44, RFC 3579 §3.3). */
const ONCE: ReadonlySet<number> = new Set([1, 2, 3, 4, 5, 24, 30, 31, 32, 44, 60, 61, 80, 95]);

/**
 * Octets beyond the length are padding (RFC 2865 §3) and are left out. The values are views of `bytes`: whoever keeps them keeps it.
 */
export function readPacket(bytes: Uint8Array): Result<Packet, PacketFault> {
  if (bytes.length < HEADER) return failed('short');
  const length = (bytes[2]! << 8) | bytes[3]!; // A header is there.
  if (length < HEADER || length > MOST_BYTES) return failed('long');
  if (bytes.length < length) return failed('short');
  const code = bytes[0]!;
  if (!CODES.has(code)) return failed('code');
  const attributes = readAttributes(bytes, HEADER, length);
  if (attributes === undefined) return failed('attribute');
  if (repeats(attributes)) return failed('repeated');
  return ok({
    code: code as Code, // One of the set.
    identifier: bytes[1]!,
    authenticator: bytes.subarray(4, HEADER),
    attributes,
    bytes: bytes.subarray(0, length),
  });
}

function repeats(attributes: readonly Attribute[]): boolean {
  const seen = [0, 0, 0];
  for (const { type } of attributes) {
    if (!ONCE.has(type)) continue;
    const bit = 1 << (type & 31);
    if ((seen[type >>> 5]! & bit) !== 0) return true; // All of them are below 96.
    seen[type >>> 5]! |= bit;
  }
  return false;
}

function readAttributes(bytes: Uint8Array, from: number, end: number): Attribute[] | undefined {
  const attributes: Attribute[] = [];
  for (let at = from; at < end; ) {
    if (at + 2 > end) return undefined;
    const length = bytes[at + 1]!; // Within the packet, by the line above.
    if (length < 2 || at + length > end) return undefined;
    attributes.push({ type: bytes[at]!, value: bytes.subarray(at + 2, at + length) });
    at += length;
  }
  return attributes;
}

/** The one attribute of a type; undefined where there is none. Of several, the first. */
export function attribute(packet: Packet, type: number): Uint8Array | undefined {
  for (const one of packet.attributes) if (one.type === type) return one.value;
  return undefined;
}

/** The values of all attributes of a type, in their order. */
export function allOf(packet: Packet, type: number): Uint8Array[] {
  return packet.attributes.filter((one) => one.type === type).map(({ value }) => value);
}

/** What was split over attributes because it is longer than one (EAP-Message, RFC 3579 §3.1); undefined where there is none. A view where it is one. */
export function joined(packet: Packet, type: number): Uint8Array | undefined {
  const parts = allOf(packet, type);
  if (parts.length <= 1) return parts[0];
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The other way round: as many attributes as are needed, each as full as can be. */
export function split(type: number, value: Uint8Array): Attribute[] {
  const attributes: Attribute[] = [];
  for (let at = 0; at < value.length; at += MOST_VALUE) {
    attributes.push({ type, value: value.subarray(at, at + MOST_VALUE) });
  }
  return attributes;
}

export interface NewPacket {
  readonly code: Code;
  readonly identifier: number;
  readonly authenticator: Uint8Array;
  readonly attributes: readonly Attribute[];
}

/** Undefined where it would be longer than a packet may be, or a value longer than an attribute. */
export function writePacket(packet: NewPacket): Uint8Array | undefined {
  let length = HEADER;
  for (const { value } of packet.attributes) {
    if (value.length > MOST_VALUE) return undefined;
    length += 2 + value.length;
  }
  if (length > MOST_BYTES) return undefined;
  const bytes = new Uint8Array(length);
  bytes[0] = packet.code;
  bytes[1] = packet.identifier;
  bytes[2] = length >>> 8;
  bytes[3] = length;
  bytes.set(packet.authenticator, 4);
  let at = HEADER;
  for (const { type, value } of packet.attributes) {
    bytes[at] = type;
    bytes[at + 1] = 2 + value.length;
    bytes.set(value, at + 2);
    at += 2 + value.length;
  }
  return bytes;
}

/**
 * Takes whole packets out of a stream (RFC 6614 §2.2): they follow one another, and each tells its own length. `fault` once
 * what came can't be one: the connection is of no more use then.
 */
export interface PacketStream {
  push(chunk: Uint8Array): readonly Uint8Array[] | 'fault';
}

export function createPacketStream(): PacketStream {
  let held = new Uint8Array(0);
  return {
    push(chunk) {
      let bytes = chunk;
      if (held.length > 0) {
        bytes = new Uint8Array(held.length + chunk.length);
        bytes.set(held);
        bytes.set(chunk, held.length);
      }
      const packets: Uint8Array[] = [];
      let at = 0;
      while (bytes.length - at >= 4) {
        const length = (bytes[at + 2]! << 8) | bytes[at + 3]!; // Four octets are there.
        if (length < HEADER || length > MOST_BYTES) return 'fault';
        if (bytes.length - at < length) break;
        packets.push(bytes.slice(at, at + length));
        at += length;
      }
      held = bytes.slice(at);
      return packets;
    },
  };
}
