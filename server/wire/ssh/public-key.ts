/**
 * Public keys as SSH writes them: RFC 4253 §6.6 (RSA), RFC 5656 §3.1 (ECDSA), RFC 8709 §4 (Ed25519), and the keys of FIDO
 * authenticators (OpenSSH's PROTOCOL.u2f §2). A key is kept as its blob, which is its one and only form, beside what it says.
 */
import { Buffer } from 'node:buffer';
import { createPublicKey, hash, type JsonWebKey, type KeyObject } from 'node:crypto';
import { base64, base64url, concat, fromBase64, fromBase64url } from '../../kernel/bytes.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import { NotSsh, readWhole, type SshReader } from './ssh-reader.ts';
import { mpint, string } from './ssh-writer.ts';

const keyTypes = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'ssh-rsa',
  'sk-ssh-ed25519@openssh.com',
  'sk-ecdsa-sha2-nistp256@openssh.com',
] as const;
export type KeyType = (typeof keyTypes)[number];

export interface SshPublicKey {
  readonly type: KeyType;
  readonly blob: Uint8Array;
  /** What follows the type in the blob: what a certificate takes over. */
  readonly fields: Uint8Array;
  /** Of RSA its length, of curves their size. */
  readonly bits: number;
  /** For verifying what the key signed; of an authenticator's key, the key within. */
  readonly key: KeyObject;
}

/** More than the longest RSA key that OpenSSH takes (16384 bits) has. */
const MOST_KEY_BYTES = 8192;
const MOST_RSA_BITS = 16_384;

interface Curve {
  readonly crv: string;
  readonly name: string;
  readonly bytes: number;
  readonly bits: number;
}
const CURVES: Readonly<Partial<Record<KeyType, Curve>>> = {
  'ecdsa-sha2-nistp256': { crv: 'P-256', name: 'nistp256', bytes: 32, bits: 256 },
  'ecdsa-sha2-nistp384': { crv: 'P-384', name: 'nistp384', bytes: 48, bits: 384 },
  'ecdsa-sha2-nistp521': { crv: 'P-521', name: 'nistp521', bytes: 66, bits: 521 },
  'sk-ecdsa-sha2-nistp256@openssh.com': { crv: 'P-256', name: 'nistp256', bytes: 32, bits: 256 },
};

export function isKeyType(text: string): text is KeyType {
  return (keyTypes as readonly string[]).includes(text);
}

export function isAuthenticatorKey(type: KeyType): boolean {
  return type.startsWith('sk-');
}

/** Reads the fields of a key from where its type was read: of a blob or of a certificate. */
export function readKeyFields(type: KeyType, reader: SshReader): SshPublicKey {
  const [parts, jwk, bits] = fieldsOf(type, reader);
  const fields = concat(...parts);
  const blob = concat(string(type), fields);
  return { type, blob, fields, bits, key: opened(jwk) };
}

function fieldsOf(
  type: KeyType,
  reader: SshReader,
): [parts: Uint8Array[], jwk: JsonWebKey, bits: number] {
  if (type === 'ssh-rsa') {
    const [e, n] = [reader.mpint(), reader.mpint()];
    const bits = bitsOf(n);
    if (bits > MOST_RSA_BITS || e.length === 0 || e.length > 8) throw new NotSsh('a strange key');
    return [[mpint(e), mpint(n)], { kty: 'RSA', e: base64url(e), n: base64url(n) }, bits];
  }
  const curve = CURVES[type];
  if (curve === undefined) {
    const point = reader.string();
    if (point.length !== 32) throw new NotSsh('an Ed25519 key has 32 bytes');
    const parts = [string(point), ...applicationOf(type, reader)];
    return [parts, { kty: 'OKP', crv: 'Ed25519', x: base64url(point) }, 256];
  }
  const name = reader.text();
  const point = reader.string();
  if (name !== curve.name) throw new NotSsh('the curve is not that of the type');
  // RFC 5656 §3.1: compressed points may be; OpenSSH writes none and takes none.
  if (point[0] !== 4 || point.length !== 1 + 2 * curve.bytes) throw new NotSsh('a strange point');
  const [x, y] = [point.subarray(1, 1 + curve.bytes), point.subarray(1 + curve.bytes)];
  const jwk = { kty: 'EC', crv: curve.crv, x: base64url(x), y: base64url(y) };
  return [[string(name), string(point), ...applicationOf(type, reader)], jwk, curve.bits];
}

function applicationOf(type: KeyType, reader: SshReader): Uint8Array[] {
  return isAuthenticatorKey(type) ? [string(reader.text())] : [];
}

function bitsOf(number: Uint8Array): number {
  const [first = 0] = number;
  return number.length === 0 ? 0 : number.length * 8 - Math.clz32(first) + 24;
}

/** OpenSSL refuses points that are not on their curve. */
function opened(jwk: JsonWebKey): KeyObject {
  try {
    return createPublicKey({ format: 'jwk', key: jwk });
  } catch {
    throw new NotSsh('it is no key');
  }
}

export function readPublicKey(blob: Uint8Array): Result<SshPublicKey, string> {
  return readWhole(blob, MOST_KEY_BYTES, (reader) => {
    const type = reader.text();
    if (!isKeyType(type)) throw new NotSsh('a type of key that is not known here');
    return readKeyFields(type, reader);
  });
}

/** From a key of Node's: Ed25519, ECDSA on a NIST curve, or RSA. Undefined for what SSH has no word for. */
export function publicKeyOf(key: KeyObject): SshPublicKey | undefined {
  const jwk = key.export({ format: 'jwk' });
  const part = (text: string | undefined) => fromBase64url(text ?? '') ?? new Uint8Array();
  const blob = blobOf(jwk, part);
  const read = blob && readPublicKey(blob);
  return read?.ok ? read.value : undefined;
}

function blobOf(
  { kty, crv, x, y, e, n }: JsonWebKey,
  part: (text: string | undefined) => Uint8Array,
): Uint8Array | undefined {
  if (kty === 'RSA') return concat(string('ssh-rsa'), mpint(part(e)), mpint(part(n)));
  if (crv === 'Ed25519') return concat(string('ssh-ed25519'), string(part(x)));
  for (const type of keyTypes) {
    const curve = CURVES[type];
    if (curve?.crv !== crv || isAuthenticatorKey(type) || curve === undefined) continue;
    const point = concat(Uint8Array.of(4), part(x), part(y));
    return concat(string(type), string(curve.name), string(point));
  }
  return undefined;
}

/** A line of a `.pub` file or of authorized_keys without options: type, base64, a comment perhaps. */
export function readKeyLine(
  line: string,
): Result<{ readonly key: SshPublicKey; readonly comment: string }, string> {
  const lined = readLine(line);
  if (lined === undefined) return failed('it is no line with a public key');
  const read = readPublicKey(lined.blob);
  if (!read.ok) return read;
  if (read.value.type !== lined.type) return failed('the key is of another type than it says');
  return ok({ key: read.value, comment: lined.comment });
}

/** What any line with a key or a certificate is made of. */
export function readLine(
  line: string,
): { readonly type: string; readonly blob: Uint8Array; readonly comment: string } | undefined {
  const match = /^([a-z0-9@.-]{1,64}) ([A-Za-z0-9+/]{1,65536}={0,2})(?: ([^\r\n]*))?\r?\n?$/.exec(
    line,
  );
  const [, type = '', encoded = '', comment = ''] = match ?? [];
  const blob = fromBase64(encoded);
  return match === null || blob === undefined ? undefined : { type, blob, comment };
}

export function keyLine(
  { type, blob }: { readonly type: string; readonly blob: Uint8Array },
  comment = '',
) {
  return `${type} ${base64(blob)}${comment === '' ? '' : ` ${comment}`}`;
}

/** As `ssh-keygen -l` prints it. */
export function fingerprint(blob: Uint8Array): string {
  return `SHA256:${hash('sha256', Buffer.from(blob), 'base64').replace(/=+$/, '')}`;
}
