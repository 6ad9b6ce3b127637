/** Distinguished names (RFC 5280 §4.1.2.4): what of them is read here, and ours as they are written. */
import type { Buffer } from 'node:buffer';
import { type Der, readOid, readText, TAG, within } from '../der/der-reader.ts';
import { oid, printableString, sequence, setOf, utf8String } from '../der/der-writer.ts';
import { attributes } from './oids.ts';

export interface NameAttribute {
  readonly type: string;
  /** Undefined where it is no text of our time. */
  readonly text: string | undefined;
}

/** Every attribute, in its order; undefined for what is no name. */
export function readName(name: Der | undefined): readonly NameAttribute[] | undefined {
  const list = within(name, TAG.sequence);
  if (list === undefined) return undefined;
  const found: NameAttribute[] = [];
  for (const relative of list) {
    const parts = within(relative, TAG.set);
    if (parts === undefined || parts.length === 0) return undefined;
    for (const part of parts) {
      const [type, value, ...more] = within(part, TAG.sequence) ?? [];
      const dotted = readOid(type);
      if (dotted === undefined || value === undefined || more.length > 0) return undefined;
      found.push({ type: dotted, text: readText(value) });
    }
  }
  return found;
}

/** The common name: '' where there is none, undefined where there is more than one or it can't be read. */
export function commonNameOf(name: readonly NameAttribute[]): string | undefined {
  const found = name.filter(({ type }) => type === attributes.commonName);
  return found.length > 1 ? undefined : found.length === 0 ? '' : found[0]?.text;
}

export interface NameToWrite {
  readonly organisation?: string | undefined;
  readonly organisationalUnit?: string | undefined;
  readonly commonName?: string | undefined;
  readonly serialNumber?: string | undefined;
}

export function writeName(name: NameToWrite): Buffer {
  const { organisation, organisationalUnit, commonName, serialNumber } = name;
  const one = (type: string, value: Buffer) => setOf(sequence(oid(type), value));
  return sequence(
    organisation === undefined ? undefined : one(attributes.organisation, utf8String(organisation)),
    organisationalUnit === undefined
      ? undefined
      : one(attributes.organisationalUnit, utf8String(organisationalUnit)),
    commonName === undefined ? undefined : one(attributes.commonName, utf8String(commonName)),
    // RFC 5280 A.1 has this one as a PrintableString.
    serialNumber === undefined
      ? undefined
      : one(attributes.serialNumber, printableString(serialNumber)),
  );
}
