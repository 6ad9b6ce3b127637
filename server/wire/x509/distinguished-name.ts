/** Distinguished names (RFC 5280 §4.1.2.4): what of them is read here, and ours as they are written. */
import { Buffer } from 'node:buffer';
import { type Der, readOid, readOne, readText, TAG, within } from '../der/der-reader.ts';
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

/**
 * A name in the form in which two are compared (RFC 5280 §7.1): a text for each relative name from the top, the letters A to Z
 * small, spaces as one, whatever kind of text it was written as. Undefined for what is no name, or has a text that can't be read.
 */
export function canonicalName(name: Uint8Array | Der | undefined): readonly string[] | undefined {
  const list = within(name instanceof Uint8Array ? readOne(name) : name, TAG.sequence);
  const found = list?.map((relative) => {
    const parts = within(relative, TAG.set)?.map((part) => {
      const [type, value, ...more] = within(part, TAG.sequence) ?? [];
      const dotted = readOid(type);
      if (dotted === undefined || value === undefined || more.length > 0) return undefined;
      if (!TEXTS.has(value.tag)) return `${dotted}#${Buffer.from(value.whole).toString('hex')}`;
      const text = anyText(value);
      return text === undefined ? undefined : `${dotted}=${JSON.stringify(folded(text))}`;
    });
    return parts?.length && !parts.includes(undefined) ? parts.sort().join('+') : undefined;
  });
  return found?.every((one) => one !== undefined) ? found : undefined;
}

/** RFC 5280 §4.1.2.6: mail addresses in a name, where certificates of old have them. */
export function emailAddressesOf(name: Uint8Array): readonly string[] | undefined {
  const found: string[] = [];
  for (const relative of within(readOne(name), TAG.sequence) ?? []) {
    for (const part of within(relative, TAG.set) ?? []) {
      const [type, value] = within(part, TAG.sequence) ?? [];
      if (readOid(type) !== attributes.emailAddress) continue;
      const text = value && anyText(value);
      if (text === undefined) return undefined;
      found.push(text);
    }
  }
  return found;
}

const folded = (text: string) =>
  text
    .replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())
    .replaceAll(/[\t-\r ]+/g, ' ')
    .trim();

const TEXTS: ReadonlySet<number> = new Set([
  TAG.utf8,
  TAG.printable,
  TAG.ia5,
  TAG.numeric,
  TAG.visible,
  TAG.teletex,
  TAG.bmp,
  TAG.universal,
]);

/** Of each kind of text that a name may have, those of old among them. */
function anyText({ tag, content }: Der): string | undefined {
  const bytes = Buffer.from(content);
  switch (tag) {
    case TAG.utf8: {
      const text = bytes.toString('utf8');
      return Buffer.from(text, 'utf8').equals(bytes) ? text : undefined;
    }
    case TAG.printable:
    case TAG.ia5:
    case TAG.numeric:
    case TAG.visible:
    case TAG.teletex:
      return bytes.toString('latin1');
    case TAG.bmp:
      return bytes.length % 2 === 0 ? Buffer.from(bytes).swap16().toString('utf16le') : undefined;
    case TAG.universal:
      return ofFourOctets(bytes);
    default:
      return undefined;
  }
}

function ofFourOctets(bytes: Buffer): string | undefined {
  if (bytes.length % 4 !== 0) return undefined;
  const letters: number[] = [];
  for (let at = 0; at < bytes.length; at += 4) letters.push(bytes.readUInt32BE(at));
  return letters.every((letter) => letter <= 0x10ffff)
    ? letters.map((letter) => String.fromCodePoint(letter)).join('')
    : undefined;
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
