/**
 * DER read (X.690): strict about lengths, which have one spelling, and about what follows. What a value means is for whoever
 * reads it. Nothing here throws for what is in the bytes: what is not DER is undefined.
 */
import { Buffer } from 'node:buffer';

export interface Der {
  readonly tag: number;
  readonly content: Uint8Array;
  /** The value with its tag and length: what a signature or a hash is over. */
  readonly whole: Uint8Array;
}

/** The values that stand one after another in some bytes; undefined unless they fill them to the last. */
export function readDer(bytes: Uint8Array): readonly Der[] | undefined {
  const found: Der[] = [];
  let at = 0;
  while (at < bytes.length) {
    const start = at;
    const tag = bytes[at];
    const first = bytes[at + 1];
    // Tags of several bytes are in nothing that is read here.
    if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) return undefined;
    at += 2;
    let length = first;
    if (first >= 0x80) {
      const count = first & 0x7f;
      if (count < 1 || count > 3 || at + count > bytes.length) return undefined;
      length = 0;
      for (let i = 0; i < count; i++) length = length * 256 + (bytes[at + i] ?? 0);
      // X.690 §10.1: no length is longer than it need be.
      if (length < 0x80 || (bytes[at] ?? 0) === 0) return undefined;
      at += count;
    }
    if (at + length > bytes.length) return undefined;
    const end = at + length;
    found.push({ tag, content: bytes.subarray(at, end), whole: bytes.subarray(start, end) });
    at = end;
  }
  return found;
}

/** The one value that some bytes are. */
export function readOne(bytes: Uint8Array | undefined): Der | undefined {
  const values = bytes && readDer(bytes);
  return values?.length === 1 ? values[0] : undefined;
}

/** The values inside of one of a certain tag. */
export function within(der: Der | undefined, tag: number): readonly Der[] | undefined {
  return der?.tag === tag ? readDer(der.content) : undefined;
}

/** A universal BOOLEAN: of DER there are two (X.690 §11.1). */
export function readBoolean(der: Der | undefined): boolean | undefined {
  if (der?.tag !== TAG.boolean || der.content.length !== 1) return undefined;
  return der.content[0] === 0xff ? true : der.content[0] === 0 ? false : undefined;
}

/** An INTEGER that is not negative, as hexadecimal without leading noughts (a serial number is one). */
export function readUnsigned(der: Der | undefined): string | undefined {
  if (der?.tag !== TAG.integer) return undefined;
  const { content } = der;
  const [first, second] = content;
  if (first === undefined || first >= 0x80) return undefined;
  // X.690 §8.3.2: in the fewest bytes.
  if (first === 0 && second !== undefined && second < 0x80) return undefined;
  const digits = Buffer.from(content).toString('hex');
  return first === 0 && content.length > 1 ? digits.slice(2) : digits;
}

export function readSmall(der: Der | undefined): number | undefined {
  const digits = readUnsigned(der);
  return digits === undefined || digits.length > 12 ? undefined : Number.parseInt(digits, 16);
}

/** An OBJECT IDENTIFIER in its dotted form. */
export function readOid(der: Der | undefined): string | undefined {
  if (der?.tag !== TAG.oid || der.content.length === 0 || der.content.length > 64) return undefined;
  const arcs: number[] = [];
  let arc = 0;
  let fresh = true;
  for (const byte of der.content) {
    // X.690 §8.19.2: no arc begins with an empty digit.
    if (fresh && byte === 0x80) return undefined;
    if (arc > 0x1fffffffffff / 128) return undefined;
    arc = arc * 128 + (byte & 0x7f);
    fresh = byte < 0x80;
    if (fresh) {
      arcs.push(arc);
      arc = 0;
    }
  }
  const [first = 0, ...rest] = arcs;
  if (!fresh) return undefined;
  const root = Math.min(2, Math.floor(first / 40));
  return [root, first - root * 40, ...rest].join('.');
}

/** UTCTime or GeneralizedTime as certificates write them (RFC 5280 §4.1.2.5): to the second, in UTC. Milliseconds. */
export function readTime(der: Der | undefined): number | undefined {
  if (der?.tag !== TAG.utcTime && der?.tag !== TAG.generalizedTime) return undefined;
  const text = Buffer.from(der.content).toString('latin1');
  const short = der.tag === TAG.utcTime;
  const parts = (
    short
      ? /^(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/
      : /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/
  ).exec(text);
  if (parts === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts
    .slice(1)
    .map(Number);
  const full = short ? year + (year < 50 ? 2000 : 1900) : year;
  const at = Date.UTC(full, month - 1, day, hour, minute, second);
  const iso = new Date(at).toISOString();
  const wanted = `${String(full).padStart(4, '0')}${text.slice(short ? 2 : 4, -1)}`;
  // A 30th of February is no day.
  return iso.slice(0, 19).replaceAll(/[-:T]/g, '') === wanted ? at : undefined;
}

/** UTF8String, PrintableString, IA5String: what certificates of our time have. Control characters are in none. */
export function readText(der: Der | undefined): string | undefined {
  if (der === undefined) return undefined;
  const { tag, content } = der;
  if (tag === TAG.printable || tag === TAG.ia5) return readAscii(content);
  if (tag !== TAG.utf8) return undefined;
  const text = Buffer.from(content).toString('utf8');
  if (!Buffer.from(text, 'utf8').equals(content)) return undefined;
  return /\p{Cc}/u.test(text) ? undefined : text;
}

export function readAscii(bytes: Uint8Array): string | undefined {
  return bytes.every((byte) => byte >= 0x20 && byte < 0x7f)
    ? Buffer.from(bytes).toString('latin1')
    : undefined;
}

/** The bytes of a BIT STRING of whole bytes. */
export function readBits(der: Der | undefined): Uint8Array | undefined {
  return der?.tag === TAG.bits && der.content[0] === 0 ? der.content.subarray(1) : undefined;
}

/**
 * The named bits that are set, by their numbers (X.690 §11.2.2). Those that are unused have to be noughts (§11.2.1), since some read them
 * and some don't.
 */
export function readNamedBits(der: Der | undefined): ReadonlySet<number> | undefined {
  if (der?.tag !== TAG.bits) return undefined;
  const [unused = 8] = der.content;
  const last = der.content.length > 1 ? (der.content.at(-1) ?? 0) : 0;
  if (unused > 7 || (der.content.length === 1 && unused > 0)) return undefined;
  if ((last & ((1 << unused) - 1)) !== 0) return undefined;
  const set = new Set<number>();
  for (let at = 1; at < der.content.length; at++) {
    for (let bit = 0; bit < 8; bit++) {
      if (((der.content[at] ?? 0) & (0x80 >> bit)) !== 0) set.add((at - 1) * 8 + bit);
    }
  }
  return set;
}

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8: 0x0c,
  printable: 0x13,
  ia5: 0x16,
  numeric: 0x12,
  teletex: 0x14,
  visible: 0x1a,
  universal: 0x1c,
  bmp: 0x1e,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** A context-specific tag: [n], constructed unless it says otherwise. */
export const context = (number: number, constructed = true) => (constructed ? 0xa0 : 0x80) | number;
