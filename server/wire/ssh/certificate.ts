/**
 * Certificates as OpenSSH writes them (PROTOCOL.certkeys): a public key with a name, accounts, a time and limits, signed by a CA.
 * Critical options are those that whoever does not know them must refuse; extensions are what is allowed beyond the least.
 */
import type { KeyObject } from 'node:crypto';
import { concat } from '../../kernel/bytes.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import {
  isKeyType,
  type KeyType,
  readKeyFields,
  readLine,
  readPublicKey,
  type SshPublicKey,
} from './public-key.ts';
import { signBlob, verifyBlob } from './signature.ts';
import { NotSsh, readWhole, type SshReader, sshReader } from './ssh-reader.ts';
import { nested, string, uint32, uint64 } from './ssh-writer.ts';

const certificateKinds = { user: 1, host: 2 } as const;
export type CertificateKind = keyof typeof certificateKinds;

/** A name without a value has an empty one: `permit-pty`. In a list each name stands once, in the order of its bytes. */
export interface CertificateOption {
  readonly name: string;
  readonly value: string;
}

export interface CertificateBody {
  readonly key: SshPublicKey;
  readonly nonce: Uint8Array;
  readonly serial: bigint;
  readonly kind: CertificateKind;
  readonly keyId: string;
  /** Accounts, or hosts. None would be all of them, so none is never written here. */
  readonly principals: readonly string[];
  /** Seconds since the epoch. */
  readonly validAfter: bigint;
  readonly validBefore: bigint;
  readonly criticalOptions: readonly CertificateOption[];
  readonly extensions: readonly CertificateOption[];
}

export interface SshCertificate extends CertificateBody {
  readonly type: string;
  readonly signedBy: SshPublicKey;
  readonly blob: Uint8Array;
}

const MOST_CERTIFICATE_BYTES = 32_768;
/** OpenSSH takes no more (SSHKEY_CERT_MAX_PRINCIPALS). */
const MOST_PRINCIPALS = 256;
const MOST_OPTIONS = 64;

/** `ssh-ed25519-cert-v01@openssh.com`; the types of authenticators' keys have their host behind. */
export function certificateType(type: KeyType): string {
  return `${type.replace(/@openssh\.com$/, '')}-cert-v01@openssh.com`;
}

const TYPE = /^(.+)-cert-v01@openssh\.com$/;

function keyTypeOf(type: string): KeyType | undefined {
  const plain = TYPE.exec(type)?.[1] ?? '';
  const full = plain.startsWith('sk-') ? `${plain}@openssh.com` : plain;
  return isKeyType(full) ? full : undefined;
}

export function writeCertificate(
  body: CertificateBody,
  ca: { readonly publicKey: SshPublicKey; readonly privateKey: KeyObject },
): Uint8Array {
  const { key, principals } = body;
  if (principals.length === 0 || principals.length > MOST_PRINCIPALS) {
    throw new RangeError('a certificate has one principal or more, and not too many');
  }
  const signed = concat(
    string(certificateType(key.type)),
    string(body.nonce),
    key.fields,
    uint64(body.serial),
    uint32(certificateKinds[body.kind]),
    string(body.keyId),
    nested(...principals.map(string)),
    uint64(body.validAfter),
    uint64(body.validBefore),
    writeOptions(body.criticalOptions),
    writeOptions(body.extensions),
    string(''),
    string(ca.publicKey.blob),
  );
  return concat(signed, string(signBlob(ca.privateKey, ca.publicKey, signed)));
}

function writeOptions(options: readonly CertificateOption[]): Uint8Array {
  const sorted = [...options].sort((a, b) => (a.name < b.name ? -1 : 1));
  return nested(
    ...sorted.flatMap(({ name, value }) => [
      string(name),
      value === '' ? string('') : nested(string(value)),
    ]),
  );
}

/** Reads one and checks its signature: that it is a certificate of the CA in it, of whatever worth that CA is. */
export function readCertificate(blob: Uint8Array): Result<SshCertificate, string> {
  const read = readWhole(blob, MOST_CERTIFICATE_BYTES, (reader) => {
    const type = reader.text();
    const keyType = keyTypeOf(type);
    if (keyType === undefined) throw new NotSsh('a type of certificate that is not known here');
    const nonce = reader.string();
    const key = readKeyFields(keyType, reader);
    const serial = reader.uint64();
    const kind = kindOf(reader.uint32());
    const keyId = reader.text();
    const principals = readPrincipals(reader.inner());
    const [validAfter, validBefore] = [reader.uint64(), reader.uint64()];
    const criticalOptions = readOptions(reader.inner());
    const extensions = readOptions(reader.inner());
    reader.string(); // Reserved: "implementations should ignore this field".
    const signedBy = readPublicKey(reader.string());
    if (!signedBy.ok) throw new NotSsh(`the CA’s key: ${signedBy.error}`);
    const signed = blob.subarray(0, blob.length - reader.left);
    const signature = reader.string();
    if (!verifyBlob(signedBy.value, signed, signature)) throw new NotSsh('a wrong signature');
    const names = { type, nonce, key, serial, kind, keyId, principals, validAfter, validBefore };
    return { ...names, criticalOptions, extensions, signedBy: signedBy.value, blob };
  });
  return read;
}

function kindOf(value: number): CertificateKind {
  if (value === certificateKinds.user) return 'user';
  if (value === certificateKinds.host) return 'host';
  throw new NotSsh('neither for people nor for hosts');
}

function readPrincipals(reader: SshReader): string[] {
  const principals: string[] = [];
  while (reader.left > 0) {
    if (principals.length === MOST_PRINCIPALS) throw new NotSsh('too many principals');
    principals.push(reader.text());
  }
  return principals;
}

function readOptions(reader: SshReader): CertificateOption[] {
  const options: CertificateOption[] = [];
  let last: string | undefined;
  while (reader.left > 0) {
    if (options.length === MOST_OPTIONS) throw new NotSsh('too many options');
    const name = reader.text();
    // "Options must be lexically ordered by name if they appear in the sequence. Each named option may only appear once."
    if (last !== undefined && name <= last) throw new NotSsh('options in disorder');
    last = name;
    const data = reader.string();
    options.push({ name, value: data.length === 0 ? '' : valueIn(data) });
  }
  return options;
}

function valueIn(data: Uint8Array): string {
  const inner = sshReader(data);
  const value = inner.text();
  inner.end();
  return value;
}

/** A line of a `-cert.pub` file. */
export function readCertificateLine(line: string): Result<SshCertificate, string> {
  const lined = readLine(line);
  if (lined === undefined) return failed('it is no line with a certificate');
  const read = readCertificate(lined.blob);
  if (!read.ok) return read;
  return read.value.type === lined.type ? ok(read.value) : failed('another type than it says');
}
