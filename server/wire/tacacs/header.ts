/**
 * The header of every TACACS+ packet (RFC 8907 §4.1): twelve octets, in the clear. The other files here read and write what follows
 * it: obfuscation.ts hides it under the shared secret, frames.ts cuts a stream into packets, and authentication.ts,
 * authorization.ts and accounting.ts are the bodies. None of them knows a device, a person or a policy.
 */
import { failed, ok, type Result } from '../../kernel/result.ts';

export const HEADER = 12;
/** The recommended maximum of RFC 8907 §4.1. */
export const MOST_BODY = 65_536;
const MAJOR = 0xc;

export const TYPE = { authentication: 1, authorization: 2, accounting: 3 } as const;
export type PacketType = (typeof TYPE)[keyof typeof TYPE];

export const FLAG = { unencrypted: 0x01, singleConnect: 0x04 } as const;
/** After this one comes none: a session that needs more has to begin anew (RFC 8907 §4.1). */
export const LAST_SEQUENCE = 255;

export interface Header {
  /** Its first octet, which the obfuscation counts in: the major version, and a minor one of 0 or 1. */
  readonly version: number;
  readonly minor: 0 | 1;
  readonly type: PacketType;
  /** 1 for the first packet of a session; odd ones are the client's, even ones the server's. */
  readonly sequence: number;
  readonly flags: number;
  readonly session: number;
  /** Of the body that follows. */
  readonly length: number;
}

/** - `version`, `type`: not spoken here; - `sequence`: no packet has the number 0; - `long`: its body would be too large. */
export type HeaderFault = 'version' | 'type' | 'sequence' | 'long';

/** Reads the twelve octets at `at`; whoever calls has made sure that they are there. */
export function readHeader(
  bytes: Uint8Array,
  at: number,
  mostBody: number = MOST_BODY,
): Result<Header, HeaderFault> {
  const octet = (i: number) => bytes[at + i] ?? 0;
  const word = (i: number) =>
    ((octet(i) << 24) | (octet(i + 1) << 16) | (octet(i + 2) << 8) | octet(i + 3)) >>> 0;
  const version = octet(0);
  const minor = version & 0x0f;
  if (version >> 4 !== MAJOR || (minor !== 0 && minor !== 1)) return failed('version');
  const type = octet(1);
  if (type !== TYPE.authentication && type !== TYPE.authorization && type !== TYPE.accounting) {
    return failed('type');
  }
  const sequence = octet(2);
  if (sequence === 0) return failed('sequence');
  const length = word(8);
  if (length > mostBody) return failed('long');
  return ok({ version, minor, type, sequence, flags: octet(3), session: word(4), length });
}

/** The header, with room after it for its body. */
export function writeHeader(header: Omit<Header, 'minor'>): Uint8Array {
  const packet = new Uint8Array(HEADER + header.length);
  packet[0] = header.version;
  packet[1] = header.type;
  packet[2] = header.sequence;
  packet[3] = header.flags;
  writeWord(packet, 4, header.session);
  writeWord(packet, 8, header.length);
  return packet;
}

export function versionOf(minor: 0 | 1): number {
  return (MAJOR << 4) | minor;
}

function writeWord(bytes: Uint8Array, at: number, word: number): void {
  bytes[at] = word >>> 24;
  bytes[at + 1] = word >>> 16;
  bytes[at + 2] = word >>> 8;
  bytes[at + 3] = word;
}
