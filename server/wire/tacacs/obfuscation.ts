/**
 * Hides a body under the shared secret (RFC 8907 §4.5): it is added to a chain of MD5 hashes over session, secret, version and
 * sequence number. It proves nothing of who wrote it, and whoever changes a bit of it changes that bit of the text: which is why
 * TACACS+ over TLS is the door that we advise.
 */
import { createMd5, MD5_LENGTH } from '../radius/md5.ts';
import type { Header } from './header.ts';

/** Hides and shows: the same twice is nothing. Gives other bytes than it was handed. */
export type Obfuscate = (
  body: Uint8Array,
  header: Pick<Header, 'session' | 'version' | 'sequence'>,
  secret: Uint8Array,
) => Uint8Array;

/** Each has room of its own to work in: what it does is done before it gives back control. */
export function createObfuscation(): Obfuscate {
  const md5 = createMd5();
  const session = new Uint8Array(4);
  const rest = new Uint8Array(2);
  return (body, header, secret) => {
    new DataView(session.buffer).setUint32(0, header.session);
    rest[0] = header.version;
    rest[1] = header.sequence;
    const hidden = new Uint8Array(body.length);
    let pad: Uint8Array | undefined;
    for (let at = 0; at < body.length; at += MD5_LENGTH) {
      pad = pad ? md5.hash(session, secret, rest, pad) : md5.hash(session, secret, rest);
      const end = Math.min(MD5_LENGTH, body.length - at);
      // Within the body, and within one hash.
      for (let i = 0; i < end; i += 1) hidden[at + i] = body[at + i]! ^ pad[i]!;
    }
    return hidden;
  };
}
