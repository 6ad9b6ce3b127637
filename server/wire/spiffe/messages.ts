/** The messages of the SPIFFE Workload API (SPIFFE_Workload_API §4), ours as bytes and those of clients as values. */
import { concat } from '../../kernel/bytes.ts';
import {
  bytesField,
  doubleField,
  mapField,
  numberField,
  readFields,
  textField,
  textOf,
} from './protobuf.ts';

export interface X509SvidMessage {
  readonly spiffeId: string;
  /** DER, the leaf first. */
  readonly chain: readonly Uint8Array[];
  /** PKCS #8 in DER. */
  readonly key: Uint8Array;
  /** DER of the roots of its trust domain. */
  readonly bundle: readonly Uint8Array[];
}

export interface JwtSvidMessage {
  readonly spiffeId: string;
  readonly svid: string;
}

export type Bundles = ReadonlyMap<string, Uint8Array>;

export function writeX509Svids(
  svids: readonly X509SvidMessage[],
  crls: readonly Uint8Array[],
): Uint8Array {
  return concat(
    ...svids.map(({ spiffeId, chain, key, bundle }) =>
      bytesField(
        1,
        concat(
          textField(1, spiffeId),
          bytesField(2, concat(...chain)),
          bytesField(3, key),
          bytesField(4, concat(...bundle)),
        ),
      ),
    ),
    ...crls.map((crl) => bytesField(2, crl)),
  );
}

export function writeX509Bundles(bundles: Bundles, crls: readonly Uint8Array[]): Uint8Array {
  return concat(...crls.map((crl) => bytesField(1, crl)), mapField(2, bundles));
}

export function writeJwtSvids(svids: readonly JwtSvidMessage[]): Uint8Array {
  return concat(
    ...svids.map(({ spiffeId, svid }) =>
      bytesField(1, concat(textField(1, spiffeId), textField(2, svid))),
    ),
  );
}

export const writeJwtBundles = (bundles: Bundles): Uint8Array => mapField(1, bundles);

export function writeValidated(
  spiffeId: string,
  claims: Readonly<Record<string, unknown>>,
): Uint8Array {
  return concat(textField(1, spiffeId), bytesField(2, struct(claims)));
}

/** google.protobuf.Struct: what JSON can say. */
function struct(members: Readonly<Record<string, unknown>>): Uint8Array {
  return mapField(
    1,
    Object.entries(members).map(([name, member]) => [name, jsonValue(member)] as const),
  );
}

/** google.protobuf.Value: one of six, told by its field. */
function jsonValue(value: unknown): Uint8Array {
  if (typeof value === 'number') return doubleField(2, value);
  // Of a choice, the default is written too.
  if (typeof value === 'string') return value === '' ? Uint8Array.of(0x1a, 0) : textField(3, value);
  if (typeof value === 'boolean') return numberField(4, value ? 1 : 0);
  if (Array.isArray(value)) {
    return bytesField(6, concat(...value.map((one) => bytesField(1, jsonValue(one)))));
  }
  if (typeof value === 'object' && value !== null) {
    return bytesField(5, struct(value as Readonly<Record<string, unknown>>)); // An object, as was just seen.
  }
  return numberField(1, 0);
}

export interface JwtSvidRequest {
  readonly audience: readonly string[];
  readonly spiffeId: string | undefined;
}

export function readJwtSvidRequest(message: Uint8Array): JwtSvidRequest | undefined {
  const texts = readTexts(message);
  if (texts === undefined) return undefined;
  const audience = texts.get(1) ?? [];
  // Of a field that stands there twice, the last counts.
  return { audience, spiffeId: texts.get(2)?.at(-1) || undefined };
}

export function readValidateRequest(
  message: Uint8Array,
): { readonly audience: string; readonly svid: string } | undefined {
  const texts = readTexts(message);
  return texts && { audience: texts.get(1)?.at(-1) ?? '', svid: texts.get(2)?.at(-1) ?? '' };
}

/** The two text fields that a request has at the most; others are of a newer client, and are left alone. */
function readTexts(message: Uint8Array): ReadonlyMap<number, readonly string[]> | undefined {
  const texts = new Map<number, string[]>();
  const fields = readFields(message);
  if (fields === undefined) return undefined;
  for (const { field, bytes } of fields) {
    if (field > 2) continue;
    const text = bytes && textOf(bytes);
    if (text === undefined) return undefined;
    const known = texts.get(field);
    if (known === undefined) texts.set(field, [text]);
    else known.push(text);
  }
  return texts;
}
