/** Extensions (RFC 5280 §4.2) of certificates, requests, lists and answers: read into a table, and written one by one. */
import type { Buffer } from 'node:buffer';
import {
  context,
  type Der,
  readBoolean,
  readNamedBits,
  readOid,
  readOne,
  readSmall,
  TAG,
  within,
} from '../der/der-reader.ts';
import { boolean, integer, namedBits, octets, oid, sequence, tagged } from '../der/der-writer.ts';
import { extensions as OIDS } from './oids.ts';

export interface Extension {
  readonly critical: boolean;
  readonly value: Uint8Array;
}
export type Extensions = ReadonlyMap<string, Extension>;

/** Of the SEQUENCE OF Extension; none twice (RFC 5280 §4.2). */
export function readExtensions(list: Der | undefined): Extensions | undefined {
  const found = new Map<string, Extension>();
  const each = within(list, TAG.sequence);
  if (each === undefined) return undefined;
  for (const one of each) {
    const [type, ...rest] = within(one, TAG.sequence) ?? [];
    const dotted = readOid(type);
    const value = rest.at(-1);
    if (dotted === undefined || value?.tag !== TAG.octets || rest.length > 2) return undefined;
    const critical = rest.length === 2 ? readBoolean(rest[0]) : false;
    if (critical === undefined || found.has(dotted)) return undefined;
    found.set(dotted, { critical, value: value.content });
  }
  return found;
}

export function extension(type: string, value: Uint8Array, critical = false): Buffer {
  return sequence(oid(type), critical ? boolean(true) : undefined, octets(value));
}

export interface BasicConstraints {
  readonly ca: boolean;
  readonly pathLength: number | undefined;
}

/** Absent: no CA (RFC 5280 §4.2.1.9). */
export function readBasicConstraints(found: Extensions): BasicConstraints | undefined {
  const value = found.get(OIDS.basicConstraints)?.value;
  if (value === undefined) return { ca: false, pathLength: undefined };
  const parts = within(readOne(value), TAG.sequence);
  if (parts === undefined) return undefined;
  const [first, ...more] = parts;
  const ca = first?.tag === TAG.boolean ? readBoolean(first) : false;
  const length = first?.tag === TAG.boolean ? more[0] : first;
  if (ca === undefined) return undefined;
  const pathLength = length === undefined ? undefined : readSmall(length);
  if (length !== undefined && pathLength === undefined) return undefined;
  return { ca, pathLength };
}

/** 'any' where the extension is absent; undefined where it is malformed. */
export function readKeyUsage(found: Extensions): ReadonlySet<number> | 'any' | undefined {
  const value = found.get(OIDS.keyUsage)?.value;
  return value === undefined ? 'any' : readNamedBits(readOne(value));
}

export function readExtendedKeyUsage(found: Extensions): readonly string[] | 'any' | undefined {
  const value = found.get(OIDS.extendedKeyUsage)?.value;
  if (value === undefined) return 'any';
  return readOids(within(readOne(value), TAG.sequence));
}

export function readPolicies(found: Extensions): readonly string[] | undefined {
  const value = found.get(OIDS.certificatePolicies)?.value;
  if (value === undefined) return [];
  return readOids(
    within(readOne(value), TAG.sequence)?.map((one) => within(one, TAG.sequence)?.[0]),
  );
}

function readOids(list: readonly (Der | undefined)[] | undefined): readonly string[] | undefined {
  const found = list?.map(readOid);
  return found?.every((one) => one !== undefined) ? found : undefined;
}

export function readSubjectKeyId(found: Extensions): Uint8Array | undefined {
  const id = readOne(found.get(OIDS.subjectKeyIdentifier)?.value);
  return id?.tag === TAG.octets ? id.content : undefined;
}

export function readAuthorityKeyId(found: Extensions): Uint8Array | undefined {
  const parts = within(readOne(found.get(OIDS.authorityKeyIdentifier)?.value), TAG.sequence);
  return parts?.find(({ tag }) => tag === context(0, false))?.content;
}

export const written = {
  basicConstraints: (ca: boolean, pathLength?: number) =>
    extension(
      OIDS.basicConstraints,
      sequence(
        ca ? boolean(true) : undefined,
        pathLength === undefined ? undefined : integer(pathLength),
      ),
      true,
    ),
  keyUsage: (...set: readonly number[]) => extension(OIDS.keyUsage, namedBits(...set), true),
  extendedKeyUsage: (...uses: readonly string[]) =>
    extension(OIDS.extendedKeyUsage, sequence(...uses.map(oid))),
  subjectKeyId: (id: Uint8Array) => extension(OIDS.subjectKeyIdentifier, octets(id)),
  authorityKeyId: (id: Uint8Array) =>
    extension(OIDS.authorityKeyIdentifier, sequence(tagged(context(0, false), id))),
} as const;
