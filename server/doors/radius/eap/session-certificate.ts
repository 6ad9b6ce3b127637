/**
 * The peer's certificate out of OpenSSL's own notation of a session (ssl/ssl_asn1.c: `peer` is the field [3]), where it stands as it
 * came. Node would make objects of it and of all that came with it, and read the keys inside, which costs thirty times as much.
 */
import { readDer, readOne, within } from '../../../wire/der/der-reader.ts';

const SEQUENCE = 0x30;
const PEER = 0xa3;

/** A copy; undefined where there is none, or the notation is another. */
export function certificateOfSession(session: Uint8Array): Uint8Array | undefined {
  const fields = within(readOne(session), SEQUENCE);
  const peer = fields?.find(({ tag }) => tag === PEER);
  const [certificate, ...others] = (peer && readDer(peer.content)) ?? [];
  if (certificate?.tag !== SEQUENCE || others.length > 0) return undefined;
  return new Uint8Array(certificate.whole);
}
