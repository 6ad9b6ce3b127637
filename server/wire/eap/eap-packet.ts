/**
 * EAP packets (RFC 3748 §4): bytes to values and back. What stands inside a method's packets is for eap-tls-fragment.ts and
 * ttls-avp.ts; who is who, and what is believed, is for no codec.
 */
import { failed, ok, type Result } from '../../kernel/result.ts';

const CODES = ['request', 'response', 'success', 'failure'] as const;

/** The types that are spoken here (RFC 3748 §5, RFC 5216, RFC 5281). */
export const EAP_TYPE = {
  identity: 1,
  notification: 2,
  nak: 3,
  gtc: 6,
  tls: 13,
  ttls: 21,
  expanded: 254,
} as const;

export type EapPacket =
  | {
      readonly code: 'request' | 'response';
      readonly identifier: number;
      readonly type: number;
      readonly data: Uint8Array;
    }
  | { readonly code: 'success' | 'failure'; readonly identifier: number };

/**
 * - `short`: less than a header, or less than its length says (RFC 3748 §4: silently discarded);
 * - `length`: its length is none that such a packet has;
 * - `code`: none of the four (RFC 3748 §4: silently discarded).
 */
export type EapFault = 'short' | 'length' | 'code';

const HEADER = 4;
export const EAP_WITH_TYPE = HEADER + 1;
const MOST = 0xffff;
/** A vendor of three octets and a type of four (RFC 3748 §5.7). */
const EXPANDED = 7;

/** Octets beyond the length are padding of the link's (RFC 3748 §4) and are left out. The data is a view of `bytes`. */
export function readEap(bytes: Uint8Array): Result<EapPacket, EapFault> {
  if (bytes.length < HEADER) return failed('short');
  // A header is there.
  const code = CODES[bytes[0]! - 1];
  if (code === undefined) return failed('code');
  const identifier = bytes[1]!;
  const length = (bytes[2]! << 8) | bytes[3]!;
  if (length < HEADER) return failed('length');
  if (bytes.length < length) return failed('short');
  if (code === 'success' || code === 'failure') {
    return length === HEADER ? ok({ code, identifier }) : failed('length');
  }
  if (length < EAP_WITH_TYPE) return failed('length');
  const type = bytes[HEADER]!; // Within the length.
  if (type === EAP_TYPE.expanded && length < EAP_WITH_TYPE + EXPANDED) return failed('length');
  return ok({ code, identifier, type, data: bytes.subarray(EAP_WITH_TYPE, length) });
}

/** Undefined where it would be longer than its length can say. */
export function writeEap(packet: EapPacket): Uint8Array | undefined {
  const typed = packet.code === 'request' || packet.code === 'response';
  const length = typed ? EAP_WITH_TYPE + packet.data.length : HEADER;
  if (length > MOST) return undefined;
  const bytes = new Uint8Array(length);
  bytes[0] = 1 + CODES.indexOf(packet.code);
  bytes[1] = packet.identifier;
  bytes[2] = length >>> 8;
  bytes[3] = length;
  if (typed) {
    bytes[HEADER] = packet.type;
    bytes.set(packet.data, EAP_WITH_TYPE);
  }
  return bytes;
}

const text = new TextDecoder('utf-8', { fatal: true });

/** As long as the User-Name that a network device copies it into (RFC 2865 §5.1, RFC 3579 §2.1). */
const MOST_IDENTITY = 253;

/** Who a peer says it is (RFC 3748 §5.1); undefined for what no name is: too long, no UTF-8, or with control characters in it. */
export function readIdentity(data: Uint8Array): string | undefined {
  if (data.length > MOST_IDENTITY) return undefined;
  let name: string;
  try {
    name = text.decode(data);
  } catch {
    return undefined;
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there.
  return /[\u0000-\u001f\u007f-\u009f]/.test(name) ? undefined : name;
}

/** The methods that a peer would rather have (RFC 3748 §5.3.1), of which 0 is none; empty is no such list. */
export function readNak(data: Uint8Array): readonly number[] | undefined {
  return data.length === 0 ? undefined : [...data];
}
