/** A certificate request (PKCS #10, RFC 2986) as its bytes say it. Its signature and what it asks for are for others to judge. */
import { context, readBits, readOid, readOne, readSmall, TAG, within } from '../der/der-reader.ts';
import { type NameAttribute, readName } from './distinguished-name.ts';
import { type Extensions, readExtensions } from './extensions.ts';
import { isKeyInfo } from './key-info.ts';
import { extensionRequest } from './oids.ts';

export interface CertificateRequest {
  readonly body: Uint8Array;
  readonly signature: { readonly algorithm: string; readonly value: Uint8Array };
  readonly subject: readonly NameAttribute[];
  /** The name as it stands: some compare it as a whole (RFC 7030 §4.2.2). */
  readonly subjectDer: Uint8Array;
  /** SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
  readonly extensions: Extensions;
  /** The kinds of its attributes (RFC 2986 §4.1), by their object identifiers. */
  readonly attributes: ReadonlySet<string>;
}

const LARGEST_REQUEST = 16_384;

export function readRequest(der: Uint8Array): CertificateRequest | undefined {
  if (der.length > LARGEST_REQUEST) return undefined;
  const [body, algorithm, value, ...more] = within(readOne(der), TAG.sequence) ?? [];
  const signature = readBits(value);
  const signedBy = readOid(within(algorithm, TAG.sequence)?.[0]);
  const [version, subject, publicKey, attributes, ...rest] = within(body, TAG.sequence) ?? [];
  const name = readName(subject);
  if (
    body === undefined ||
    signature === undefined ||
    signedBy === undefined ||
    more.length > 0 ||
    rest.length > 0 ||
    readSmall(version) !== 0 ||
    name === undefined ||
    subject === undefined ||
    !isKeyInfo(publicKey) ||
    (attributes !== undefined && attributes.tag !== context(0))
  ) {
    return undefined;
  }
  let extensions: Extensions = new Map();
  let asked = 0;
  const kinds = new Set<string>();
  const list = attributes === undefined ? [] : within(attributes, context(0));
  if (list === undefined) return undefined;
  for (const attribute of list) {
    const [type, values] = within(attribute, TAG.sequence) ?? [];
    const dotted = readOid(type);
    if (dotted === undefined) return undefined;
    kinds.add(dotted);
    if (dotted !== extensionRequest) continue;
    const given = within(values, TAG.set);
    const found = given?.length === 1 ? readExtensions(given[0]) : undefined;
    asked += 1;
    if (found === undefined || asked > 1) return undefined;
    extensions = found;
  }
  return {
    body: body.whole,
    signature: { algorithm: signedBy, value: signature },
    subject: name,
    subjectDer: subject.whole,
    publicKey: publicKey.whole,
    extensions,
    attributes: kinds,
  };
}
