/** What a login by RADIUS brings that nobody here can judge: proofs made of a password that we would have to know (RFC 2865 §2.2). */
import type { UnjudgedBecause } from '../../gate/network/network-words.ts';
import { attribute, type Packet, TYPE } from '../../wire/radius/packet.ts';

/** RFC 2865 §5.3; RFC 2548 §2.1 and §2.3: Microsoft's MS-CHAP-Response and MS-CHAP2-Response. */
const CHAP_PASSWORD = 3;
const VENDOR_SPECIFIC = 26;
const MICROSOFT = 311;
const MS_CHAP: ReadonlySet<number> = new Set([1, 25]);

/** Undefined where there is a password to be read. */
export function whyUnjudgeable(packet: Packet): UnjudgedBecause | undefined {
  if (attribute(packet, TYPE.userPassword) !== undefined) return undefined;
  if (attribute(packet, CHAP_PASSWORD) !== undefined) return 'chap';
  return packet.attributes.some(isMsChap) ? 'ms-chap' : 'no-password';
}

function isMsChap({ type, value }: Packet['attributes'][number]): boolean {
  if (type !== VENDOR_SPECIFIC || value.length < 6) return false;
  const vendor = new DataView(value.buffer, value.byteOffset, value.length).getUint32(0);
  return vendor === MICROSOFT && MS_CHAP.has(value[4]!); // Six octets are there.
}
