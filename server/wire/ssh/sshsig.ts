/**
 * Signatures over files as `ssh-keygen -Y sign` writes them (OpenSSH's PROTOCOL.sshsig). The namespace is signed with the rest: what
 * was signed for one thing is good for no other.
 */
import { hash } from 'node:crypto';
import { concat, fromBase64, utf8 } from '../../kernel/bytes.ts';
import { failed, type Result } from '../../kernel/result.ts';
import { readPublicKey, type SshPublicKey } from './public-key.ts';
import { verifyBlob } from './signature.ts';
import { NotSsh, readWhole } from './ssh-reader.ts';
import { string } from './ssh-writer.ts';

export interface FileSignature {
  readonly key: SshPublicKey;
  readonly namespace: string;
  readonly hash: 'sha256' | 'sha512';
  /** The reserved field as it came: it is signed, too. */
  readonly reserved: Uint8Array;
  readonly signature: Uint8Array;
}

const MAGIC = utf8('SSHSIG');
const MOST = 16_384;
const ARMOUR =
  /^-----BEGIN SSH SIGNATURE-----\r?\n((?:[A-Za-z0-9+/=]{1,128}\r?\n){1,512})-----END SSH SIGNATURE-----\r?\n?$/;

export const SIGNATURE_BEGINS = '-----BEGIN SSH SIGNATURE-----';

export function readFileSignature(armoured: string): Result<FileSignature, string> {
  const [, lines = ''] = ARMOUR.exec(armoured) ?? [];
  const bytes = fromBase64(lines.replaceAll(/\r?\n/g, ''));
  if (bytes === undefined || bytes.length === 0) return failed('it is no signature');
  return readWhole(bytes, MOST, (reader) => {
    if (!MAGIC.every((each) => each === reader.byte())) throw new NotSsh('it is no signature');
    // "Verifiers MUST reject signatures with versions greater than those they support."
    if (reader.uint32() !== 1) throw new NotSsh('a version that is not known here');
    const key = readPublicKey(reader.string());
    if (!key.ok) throw new NotSsh(key.error);
    const namespace = reader.text();
    const reserved = reader.string();
    const hashed = reader.text();
    if (hashed !== 'sha256' && hashed !== 'sha512') throw new NotSsh('a hash that is not known');
    const signature = reader.string();
    return { key: key.value, namespace, hash: hashed, reserved, signature };
  });
}

/** Whether it is good for these bytes and this namespace, by the key that it names: of whatever worth that key is. */
export function verifiesFile(
  signed: FileSignature,
  namespace: string,
  message: Uint8Array,
): boolean {
  if (signed.namespace !== namespace) return false;
  const data = concat(
    MAGIC,
    string(signed.namespace),
    string(signed.reserved),
    string(signed.hash),
    string(hash(signed.hash, message, 'buffer')),
  );
  return verifyBlob(signed.key, data, signed.signature);
}
