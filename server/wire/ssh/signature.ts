/** Signatures as SSH writes them: RFC 8709 §6 (Ed25519), RFC 5656 §3.1.2 (ECDSA), RFC 8332 §3 (RSA with SHA-2). */
import { type KeyObject, sign, verify } from 'node:crypto';
import { concat } from '../../kernel/bytes.ts';
import { isAuthenticatorKey, type SshPublicKey } from './public-key.ts';
import { NotSsh, readWhole } from './ssh-reader.ts';
import { mpint, nested, string } from './ssh-writer.ts';

const HASHES: Readonly<Record<string, string>> = {
  'ecdsa-sha2-nistp256': 'sha256',
  'ecdsa-sha2-nistp384': 'sha384',
  'ecdsa-sha2-nistp521': 'sha512',
  'rsa-sha2-256': 'sha256',
  'rsa-sha2-512': 'sha512',
};
const MOST = 4096;

/** The signature's blob: its algorithm, and itself. */
export function signBlob(
  key: KeyObject,
  { type }: Pick<SshPublicKey, 'type'>,
  data: Uint8Array,
): Uint8Array {
  if (type === 'ssh-ed25519') return concat(string(type), string(sign(null, data, key)));
  if (type === 'ssh-rsa') {
    return concat(string('rsa-sha2-512'), string(sign('sha512', data, key)));
  }
  const raw = sign(HASHES[type], data, { key, dsaEncoding: 'ieee-p1363' });
  const half = raw.length / 2;
  return concat(string(type), nested(mpint(raw.subarray(0, half)), mpint(raw.subarray(half))));
}

/** Whether a signature's blob fits. SHA-1 (`ssh-rsa`) fits nothing; authenticators' keys sign no certificates here. */
export function verifyBlob(signer: SshPublicKey, data: Uint8Array, blob: Uint8Array): boolean {
  if (isAuthenticatorKey(signer.type)) return false;
  const read = readWhole(blob, MOST, (reader) => {
    const algorithm = reader.text();
    const rsa = signer.type === 'ssh-rsa';
    if (rsa ? !algorithm.startsWith('rsa-sha2-') : algorithm !== signer.type) {
      throw new NotSsh('an algorithm that is not the key’s');
    }
    if (!algorithm.startsWith('ecdsa-')) return { algorithm, raw: reader.string() };
    const size = Math.ceil(signer.bits / 8);
    const inner = reader.inner();
    const raw = new Uint8Array(2 * size);
    for (const end of [size, 2 * size]) {
      const half = inner.mpint();
      if (half.length > size) throw new NotSsh('a half is too long');
      raw.set(half, end - half.length);
    }
    inner.end();
    return { algorithm, raw };
  });
  if (!read.ok) return false;
  const { algorithm, raw } = read.value;
  if (algorithm === 'ssh-ed25519') return verify(null, data, signer.key, raw);
  const hash = HASHES[algorithm];
  if (hash === undefined) return false;
  const key = algorithm.startsWith('ecdsa-')
    ? { key: signer.key, dsaEncoding: 'ieee-p1363' as const }
    : signer.key;
  return verify(hash, data, key, raw);
}
