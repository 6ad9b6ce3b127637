/**
 * Key revocation lists (OpenSSH's PROTOCOL.krl): which certificates of which CA, by serial or by key id, and which keys, whatever
 * they come with, are good no more. Ours are written unsigned: sshd reads no signatures, and fetches the list by HTTPS.
 */
import { concat, hex, utf8 } from '../../kernel/bytes.ts';
import type { Result } from '../../kernel/result.ts';
import type { SshCertificate } from './certificate.ts';
import { NotSsh, readWhole, type SshReader } from './ssh-reader.ts';
import { byte, nested, string, uint32, uint64 } from './ssh-writer.ts';

export interface RevokedCertificates {
  /** The CA's key as a blob; undefined for any CA. */
  readonly ca: Uint8Array | undefined;
  readonly serials: readonly bigint[];
  readonly keyIds: readonly string[];
}

export interface Krl {
  readonly version: bigint;
  /** Seconds since the epoch. */
  readonly generatedAt: bigint;
  readonly comment: string;
  readonly certificates: readonly RevokedCertificates[];
  /** Blobs of public keys: CAs' keys among them. */
  readonly keys: readonly Uint8Array[];
}

const MAGIC = utf8('SSHKRL\n\0');
const FORMAT = 1;
const SECTION = { certificates: 1, keys: 2, sha1: 3, signature: 4, sha256: 5, extension: 255 };
const INNER = { serials: 0x20, range: 0x21, bitmap: 0x22, keyIds: 0x23, extension: 0x39 };
/** A list of a million serials; OpenSSH itself reads 256 MiB. */
const MOST_KRL_BYTES = 16 * 1024 * 1024;
const MOST_SERIALS = 1_000_000;

export function writeKrl(krl: Krl): Uint8Array {
  return concat(
    MAGIC,
    uint32(FORMAT),
    uint64(krl.version),
    uint64(krl.generatedAt),
    uint64(0n),
    string(''),
    string(krl.comment),
    ...krl.certificates.map(writeCertificates),
    ...(krl.keys.length === 0 ? [] : [section(SECTION.keys, sorted(krl.keys).map(string))]),
  );
}

function writeCertificates({ ca, serials, keyIds }: RevokedCertificates): Uint8Array {
  // Zero is what a certificate without a serial has, and can't be revoked by it.
  const ordered = [...new Set(serials)].filter((serial) => serial > 0n);
  ordered.sort((a, b) => (a < b ? -1 : 1));
  const parts = [string(ca ?? new Uint8Array()), string('')];
  if (ordered.length > 0) parts.push(section(INNER.serials, [serialList(ordered)]));
  if (keyIds.length > 0) {
    parts.push(section(INNER.keyIds, [...new Set(keyIds)].sort().map(string)));
  }
  return section(SECTION.certificates, parts);
}

function serialList(serials: readonly bigint[]): Uint8Array {
  const bytes = new Uint8Array(serials.length * 8);
  const view = new DataView(bytes.buffer);
  serials.forEach((serial, at) => void view.setBigUint64(at * 8, serial));
  return bytes;
}

function section(type: number, parts: readonly Uint8Array[]): Uint8Array {
  return concat(byte(type), nested(...parts));
}

function sorted(blobs: readonly Uint8Array[]): Uint8Array[] {
  const named = new Map(blobs.map((blob) => [hex(blob), blob]));
  return [...named].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, blob]) => blob);
}

export function readKrl(bytes: Uint8Array): Result<Krl, string> {
  return readWhole(bytes, MOST_KRL_BYTES, (reader) => {
    if (hex(reader.bytes(MAGIC.length)) !== hex(MAGIC)) throw new NotSsh('it is no KRL');
    if (reader.uint32() !== FORMAT) throw new NotSsh('another format of KRLs');
    const [version, generatedAt] = [reader.uint64(), reader.uint64()];
    reader.uint64(); // Flags: "currently unused".
    reader.string(); // Reserved.
    const comment = reader.text();
    const certificates: RevokedCertificates[] = [];
    const keys: Uint8Array[] = [];
    while (reader.left > 0) {
      const type = reader.byte();
      const body = reader.inner();
      if (type === SECTION.certificates) certificates.push(readCertificates(body));
      else if (type === SECTION.keys) while (body.left > 0) keys.push(body.string());
      else throw new NotSsh(`a section of type ${type}`);
    }
    return { version, generatedAt, comment, certificates, keys };
  });
}

function readCertificates(reader: SshReader): RevokedCertificates {
  const ca = reader.string();
  reader.string(); // Reserved.
  const serials: bigint[] = [];
  const keyIds: string[] = [];
  while (reader.left > 0) {
    const type = reader.byte();
    const body = reader.inner();
    if (type === INNER.serials) while (body.left > 0) add(serials, body.uint64(), 1n);
    else if (type === INNER.range) addRange(serials, body);
    else if (type === INNER.bitmap) addBitmap(serials, body);
    else if (type === INNER.keyIds) while (body.left > 0) keyIds.push(body.text());
    else throw new NotSsh(`a section of type ${type} about certificates`);
    body.end();
  }
  return { ca: ca.length === 0 ? undefined : ca, serials, keyIds };
}

function add(serials: bigint[], from: bigint, count: bigint): void {
  if (BigInt(serials.length) + count > MOST_SERIALS) throw new NotSsh('too many serials');
  for (let at = 0n; at < count; at += 1n) serials.push(from + at);
}

function addRange(serials: bigint[], reader: SshReader): void {
  const [first, last] = [reader.uint64(), reader.uint64()];
  if (last < first) throw new NotSsh('a range that ends before it begins');
  add(serials, first, last - first + 1n);
}

function addBitmap(serials: bigint[], reader: SshReader): void {
  const from = reader.uint64();
  const bits = reader.mpint();
  for (let at = bits.length - 1; at >= 0; at -= 1) {
    const place = BigInt((bits.length - 1 - at) * 8);
    for (let bit = 0; bit < 8; bit += 1) {
      if (((bits[at] ?? 0) >> bit) & 1) add(serials, from + place + BigInt(bit), 1n);
    }
  }
}

/** Whether a list revokes a certificate, as sshd would say: by its key, its CA's key, its serial or its key id. */
export function revokes(
  { certificates, keys }: Pick<Krl, 'certificates' | 'keys'>,
  { key, signedBy, serial, keyId }: Pick<SshCertificate, 'key' | 'signedBy' | 'serial' | 'keyId'>,
): boolean {
  const [own, ca] = [hex(key.blob), hex(signedBy.blob)];
  if (keys.some((blob) => [own, ca].includes(hex(blob)))) return true;
  return certificates.some(
    (one) =>
      (one.ca === undefined || hex(one.ca) === ca) &&
      ((serial > 0n && one.serials.includes(serial)) || one.keyIds.includes(keyId)),
  );
}
