/** As much of X.509 (RFC 5280) as a test needs: P-256 certificates with the extensions that attestations are judged by. */
import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { oid } from '../../server/wire/der/der-writer.ts';
import { pemOf } from '../../server/wire/der/pem.ts';

export interface Issuer {
  readonly der: Buffer;
  readonly pem: string;
  readonly key: KeyObject;
  readonly keyPem: string;
  readonly name: Buffer;
  readonly keyId: Buffer;
}

export interface CertificateWish {
  readonly subject: Readonly<Partial<Record<'C' | 'O' | 'OU' | 'CN', string>>>;
  readonly authority: boolean;
  readonly from?: Date;
  readonly to?: Date;
  /** The extension of FIDO that repeats the AAGUID (WebAuthn §8.2.1). */
  readonly aaguid?: Uint8Array;
  /** What the CA says that it is called besides (RFC 5280 §4.2.1.6). */
  readonly alternative?: Readonly<Partial<Record<'dns' | 'uri' | 'email', string>>>;
  /** Server authentication alone, where it is false. */
  readonly forClients?: boolean;
  /** Under which it was issued (RFC 5280 §4.2.1.4). */
  readonly policies?: readonly string[];
  /** With an extension that nobody knows and that must be known. */
  readonly unknownCritical?: boolean;
}

const NAMES = { C: '550406', O: '55040a', OU: '55040b', CN: '550403' } as const;
const ECDSA_SHA256 = Buffer.from('300a06082a8648ce3d040302', 'hex');

export function makeCertificate(wish: CertificateWish, issuer?: Issuer): Issuer {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = keys.publicKey.export({ format: 'der', type: 'spki' });
  const keyId = createHash('sha1').update(spki).digest();
  const name = nameOf(wish.subject);
  const extensions = [
    extension('551d13', true, sequence(...(wish.authority ? [Buffer.from([1, 1, 0xff])] : []))),
    extension('551d0e', false, tagged(0x04, keyId)),
    extension('551d23', false, sequence(tagged(0x80, issuer?.keyId ?? keyId))),
  ];
  if (wish.aaguid !== undefined) {
    extensions.push(extension('2b0601040182e51c010104', false, tagged(0x04, wish.aaguid)));
  }
  const { alternative, forClients } = wish;
  if (alternative !== undefined) {
    const tags = { email: 0x81, dns: 0x82, uri: 0x86 } as const;
    const names = Object.entries(alternative).map(([name, text]) =>
      // The keys of the wish are the keys of the table.
      tagged(tags[name as keyof typeof tags], Buffer.from(text)),
    );
    extensions.push(extension('551d11', false, sequence(...names)));
  }
  if (forClients !== undefined) {
    const use = Buffer.from(forClients ? '2b06010505070302' : '2b06010505070301', 'hex');
    extensions.push(extension('551d25', false, sequence(tagged(0x06, use))));
  }
  if (wish.policies !== undefined) {
    const policies = wish.policies.map((policy) => sequence(oid(policy)));
    extensions.push(extension('551d20', false, sequence(...policies)));
  }
  if (wish.unknownCritical) extensions.push(extension('2b0601040182e51c7f', true, sequence()));
  const serial = createHash('sha256').update(keyId).digest().subarray(0, 8);
  serial[0] = 0x41;
  const body = sequence(
    tagged(0xa0, Buffer.from([2, 1, 2])),
    tagged(0x02, serial),
    ECDSA_SHA256,
    issuer?.name ?? name,
    sequence(time(wish.from ?? new Date('2020-01-01')), time(wish.to ?? new Date('2045-01-01'))),
    name,
    spki,
    tagged(0xa3, sequence(...extensions)),
  );
  const signature = sign('sha256', body, issuer?.key ?? keys.privateKey);
  const der = sequence(body, ECDSA_SHA256, tagged(0x03, Buffer.concat([Buffer.of(0), signature])));
  const keyPem = String(keys.privateKey.export({ format: 'pem', type: 'pkcs8' }));
  return { der, pem: pemOf(der), key: keys.privateKey, keyPem, name, keyId };
}

function nameOf(subject: CertificateWish['subject']): Buffer {
  const parts = Object.entries(subject).map(([part, text]) => {
    // The keys of the wish are the keys of the table.
    const oid = Buffer.from(NAMES[part as keyof typeof NAMES], 'hex');
    const value = tagged(part === 'C' ? 0x13 : 0x0c, Buffer.from(text));
    return tagged(0x31, sequence(tagged(0x06, oid), value));
  });
  return sequence(...parts);
}

function extension(oid: string, critical: boolean, value: Buffer): Buffer {
  const flag = critical ? [Buffer.from([1, 1, 0xff])] : [];
  return sequence(tagged(0x06, Buffer.from(oid, 'hex')), ...flag, tagged(0x04, value));
}

function time(date: Date): Buffer {
  return tagged(0x18, Buffer.from(`${date.toISOString().replaceAll(/[-:T]|\.\d+/g, '')}`));
}

function sequence(...parts: readonly Uint8Array[]): Buffer {
  return tagged(0x30, Buffer.concat(parts));
}

function tagged(tag: number, content: Uint8Array): Buffer {
  const { length } = content;
  let head = [tag, length];
  if (length >= 0x100) head = [tag, 0x82, length >> 8, length & 0xff];
  else if (length >= 0x80) head = [tag, 0x81, length];
  return Buffer.concat([Buffer.from(head), content]);
}
