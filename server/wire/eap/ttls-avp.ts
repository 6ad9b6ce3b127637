/** Attributes inside an EAP-TTLS tunnel (RFC 5281 §10), which look as those of Diameter do. */
import { failed, ok, type Result } from '../../kernel/result.ts';

export interface Avp {
  readonly code: number;
  /** 0 where the codes are those of RADIUS. */
  readonly vendor: number;
  /** Whoever does not know it must not go on (RFC 5281 §10.1). */
  readonly mandatory: boolean;
  readonly value: Uint8Array;
}

/** RFC 5281 §11.2.5, and §11.2.1 for EAP inside. */
export const AVP_CODE = {
  userName: 1,
  userPassword: 2,
  replyMessage: 18,
  state: 24,
  eapMessage: 79,
};

/**
 * - `short`: a header or a value is cut off;
 * - `length`: a length that is less than its own header;
 * - `many`: more of them than anyone needs.
 */
export type AvpFault = 'short' | 'length' | 'many';

const VENDOR = 0x80;
const MANDATORY = 0x40;
const HEADER = 8;
const MOST_AVPS = 32;

const padded = (length: number) => (length + 3) & ~3;

/** Values are views of `bytes`. */
export function readAvps(bytes: Uint8Array): Result<readonly Avp[], AvpFault> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const avps: Avp[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (avps.length === MOST_AVPS) return failed('many');
    if (bytes.length - at < HEADER) return failed('short');
    const code = view.getUint32(at);
    const flags = view.getUint8(at + 4);
    const length = view.getUint32(at + 4) & 0xffffff;
    const header = (flags & VENDOR) === 0 ? HEADER : HEADER + 4;
    if (length < header) return failed('length');
    // Each but the last is padded, and the last is by those who follow the text (RFC 5281 §10.2).
    if (length > bytes.length - at) return failed('short');
    avps.push({
      code,
      vendor: header === HEADER ? 0 : view.getUint32(at + HEADER),
      mandatory: (flags & MANDATORY) !== 0,
      value: bytes.subarray(at + header, at + length),
    });
    at += padded(length);
  }
  return ok(avps);
}

export function writeAvps(avps: readonly Avp[]): Uint8Array {
  const lengthOf = ({ vendor, value }: Avp) => (vendor === 0 ? HEADER : HEADER + 4) + value.length;
  const bytes = new Uint8Array(avps.reduce((sum, avp) => sum + padded(lengthOf(avp)), 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const avp of avps) {
    const length = lengthOf(avp);
    view.setUint32(at, avp.code);
    view.setUint32(at + 4, length);
    view.setUint8(at + 4, (avp.vendor === 0 ? 0 : VENDOR) | (avp.mandatory ? MANDATORY : 0));
    if (avp.vendor !== 0) view.setUint32(at + HEADER, avp.vendor);
    bytes.set(avp.value, at + length - avp.value.length);
    at += padded(length);
  }
  return bytes;
}

/** A password without the octets that hide its length (RFC 5281 §11.2.5). */
export function unpadded(password: Uint8Array): Uint8Array {
  let end = password.length;
  while (end > 0 && password[end - 1] === 0) end--;
  return password.subarray(0, end);
}
