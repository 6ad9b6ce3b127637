/**
 * What two RADIUS peers do with the secret that they share: sign packets, check signatures, and hide passwords and keys. Made once
 * for each peer, since making its key ready costs more than using it.
 */
import { equal } from '../../kernel/equal.ts';
import { createMd5, MD5_LENGTH } from './md5.ts';
import {
  type Attribute,
  AUTHENTICATOR,
  attribute,
  CODE,
  type Code,
  HEADER,
  type Packet,
  TYPE,
  writePacket,
} from './packet.ts';

const NOTHING = new Uint8Array(AUTHENTICATOR);
/** What a Message-Authenticator takes with its header. */
const WITH_HEADER = 2 + MD5_LENGTH;

/**
 * - `absent`: there is no Message-Authenticator, and one is needed;
 * - `late`: it was made with this secret, and is not the first attribute where it has to be;
 * - `wrong`: what signs the packet was not made with this secret.
 */
export type SignatureFault = 'absent' | 'late' | 'wrong';

/**
 * What an Access-Request needs. A forged answer is made by putting octets of an attacker's own before what is hashed (BlastRADIUS,
 * CVE-2024-3596); a Message-Authenticator in both directions ends it, and before all else it protects who checks it late. With an
 * EAP-Message one is always needed, wherever it stands (RFC 3579 §3.2): EAP is not what the attack is on, and many put it last.
 */
export type MessageAuthenticatorRule = 'first' | 'anywhere' | 'optional';

export interface SharedSecret {
  /** Whether a request comes from who holds the secret; undefined when it does. */
  checkRequest(request: Packet, rule: MessageAuthenticatorRule): SignatureFault | undefined;
  /**
   * An answer, its Message-Authenticator first, what proxies left in the request last (RFC 2865 §5.33). Accounting-Response has no
   * Message-Authenticator (RFC 2869 §5.19); its own signature is over a request that is signed whole, and peers differ about another.
   */
  answer(request: Packet, code: Code, attributes: readonly Attribute[]): Uint8Array | undefined;
  /** A request of ours. Without an authenticator it is of those signed as accounting is (RFC 2866 §3, RFC 5176 §2.3). */
  request(
    code: Code,
    identifier: number,
    attributes: readonly Attribute[],
    authenticator?: Uint8Array,
  ): Uint8Array | undefined;
  /** Whether an answer is to this request of ours, and from who holds the secret. */
  checkAnswer(
    answer: Packet,
    request: Uint8Array,
    rule: 'anywhere' | 'optional',
  ): SignatureFault | undefined;
  hidePassword(password: Uint8Array, authenticator: Uint8Array): Uint8Array | undefined;
  /** Undefined where it is of no length that a hidden password has. */
  showPassword(hidden: Uint8Array, authenticator: Uint8Array): Uint8Array | undefined;
  /** Hides with a salt of two octets, whose first bit is set: Tunnel-Password (RFC 2868 §3.5) and MS-MPPE keys (RFC 2548 §2.4.2). */
  hideWithSalt(value: Uint8Array, salt: Uint8Array, authenticator: Uint8Array): Uint8Array;
  showWithSalt(hidden: Uint8Array, authenticator: Uint8Array): Uint8Array | undefined;
}

/** Those whose Request Authenticator is a signature rather than chance. */
const SIGNED_BY_HASH: ReadonlySet<Code> = new Set([
  CODE.accountingRequest,
  CODE.disconnectRequest,
  CODE.coaRequest,
]);

export function createSharedSecret(secret: Uint8Array): SharedSecret {
  const md5 = createMd5();
  const mac = md5.keyed(secret);

  /** Its Message-Authenticator's MAC over the packet, with that field and another authenticator taken as they were when it was made. */
  function macOver(packet: Packet, authenticator: Uint8Array): Uint8Array {
    const bytes = packet.bytes;
    let at = HEADER;
    // There is one, and attributes fit: whoever calls this has read it.
    while (bytes[at] !== TYPE.messageAuthenticator) at += bytes[at + 1]!;
    return mac(
      bytes.subarray(0, 4),
      authenticator,
      bytes.subarray(HEADER, at + 2),
      NOTHING,
      bytes.subarray(at + WITH_HEADER),
    );
  }

  function checkMac(
    packet: Packet,
    authenticator: Uint8Array,
    rule: MessageAuthenticatorRule,
  ): SignatureFault | undefined {
    const sent = attribute(packet, TYPE.messageAuthenticator);
    if (sent === undefined) return rule === 'optional' ? undefined : 'absent';
    if (sent.length !== MD5_LENGTH) return 'wrong';
    if (!equal(macOver(packet, authenticator), sent)) return 'wrong';
    const first = packet.attributes[0]?.type === TYPE.messageAuthenticator;
    return rule === 'first' && !first ? 'late' : undefined;
  }

  function signedByHash(packet: Packet): boolean {
    const { bytes } = packet;
    const made = md5.hash(bytes.subarray(0, 4), NOTHING, bytes.subarray(HEADER), secret);
    return equal(made, packet.authenticator);
  }

  /** A packet with its Message-Authenticator first, its MAC made over `authenticator`. */
  function written(
    code: Code,
    identifier: number,
    authenticator: Uint8Array,
    attributes: readonly Attribute[],
  ): Uint8Array | undefined {
    const head = { code, identifier, authenticator };
    if (code === CODE.accountingResponse) return writePacket({ ...head, attributes });
    const first = { type: TYPE.messageAuthenticator, value: NOTHING };
    const bytes = writePacket({ ...head, attributes: [first, ...attributes] });
    bytes?.set(mac(bytes), HEADER + 2);
    return bytes;
  }

  /** RFC 2865 §5.2: each 16 octets are hidden by a hash of the secret and what is hidden before them. */
  function chain(value: Uint8Array, first: readonly Uint8Array[], hides: boolean): Uint8Array {
    const out = new Uint8Array(value.length);
    let mask = md5.hash(secret, ...first);
    for (let at = 0; at < value.length; at += MD5_LENGTH) {
      if (at > 0) {
        const before = hides ? out : value;
        mask = md5.hash(secret, before.subarray(at - MD5_LENGTH, at));
      }
      // Both are whole blocks long.
      for (let i = 0; i < MD5_LENGTH; i++) out[at + i] = value[at + i]! ^ mask[i]!;
    }
    return out;
  }

  return {
    checkRequest(request, rule) {
      if (SIGNED_BY_HASH.has(request.code)) {
        return signedByHash(request) ? checkMac(request, NOTHING, 'optional') : 'wrong';
      }
      const always =
        request.code === CODE.statusServer || attribute(request, TYPE.eapMessage) !== undefined;
      return checkMac(request, request.authenticator, always ? 'anywhere' : rule);
    },

    answer(request, code, attributes) {
      const proxies = request.attributes.filter(({ type }) => type === TYPE.proxyState);
      const bytes = written(code, request.identifier, request.authenticator, [
        ...attributes,
        ...proxies,
      ]);
      bytes?.set(md5.hash(bytes, secret), 4);
      return bytes;
    },

    request(code, identifier, attributes, authenticator) {
      const bytes = written(code, identifier, authenticator ?? NOTHING, attributes);
      if (authenticator === undefined) bytes?.set(md5.hash(bytes, secret), 4);
      return bytes;
    },

    checkAnswer(answer, request, rule) {
      const sent = request.subarray(4, HEADER);
      const { bytes } = answer;
      const made = md5.hash(bytes.subarray(0, 4), sent, bytes.subarray(HEADER), secret);
      if (answer.identifier !== request[1] || !equal(made, answer.authenticator)) return 'wrong';
      return checkMac(answer, sent, rule);
    },

    hidePassword(password, authenticator) {
      if (password.length > 128) return undefined;
      const padded = new Uint8Array(Math.max(16, Math.ceil(password.length / 16) * 16));
      padded.set(password);
      return chain(padded, [authenticator], true);
    },

    showPassword(hidden, authenticator) {
      if (hidden.length === 0 || hidden.length > 128 || hidden.length % 16 !== 0) return undefined;
      const shown = chain(hidden, [authenticator], false);
      let end = shown.length;
      while (end > 0 && shown[end - 1] === 0) end--;
      return shown.subarray(0, end);
    },

    hideWithSalt(value, salt, authenticator) {
      const plain = new Uint8Array(Math.ceil((1 + value.length) / 16) * 16);
      plain[0] = value.length;
      plain.set(value, 1);
      const hidden = new Uint8Array(2 + plain.length);
      hidden.set(salt);
      hidden[0]! |= 0x80;
      hidden.set(chain(plain, [authenticator, hidden.subarray(0, 2)], true), 2);
      return hidden;
    },

    showWithSalt(hidden, authenticator) {
      const whole = hidden.length - 2;
      if (whole < 16 || whole % 16 !== 0) return undefined;
      const plain = chain(hidden.subarray(2), [authenticator, hidden.subarray(0, 2)], false);
      const length = plain[0]!; // A block is there.
      return length < plain.length ? plain.subarray(1, 1 + length) : undefined;
    },
  };
}
