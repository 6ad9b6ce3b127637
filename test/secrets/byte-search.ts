/**
 * Looks for secrets in bytes, in every form in which one could have got there: as it is, in UTF-16, in capitals or small
 * letters, in hexadecimal, base64 and base64url at any of their three alignments, escaped for an address.
 */

/** Shorter than this, chance alone would find it somewhere: a code of six digits can't be looked for. */
const SHORTEST = 8;

export interface Secret {
  readonly name: string;
  readonly value: string | Uint8Array;
}

export interface Needle {
  readonly name: string;
  readonly form: string;
  readonly bytes: Buffer;
}

export interface Found {
  readonly name: string;
  readonly form: string;
  readonly where: string;
  readonly at: number;
}

export function needlesFor({ name, value }: Secret): Needle[] {
  const found = new Map<string, Needle>();
  const add = (form: string, bytes: Buffer) => {
    if (bytes.length < SHORTEST) throw new Error(`${name} is too short to be looked for`);
    const key = bytes.toString('latin1');
    if (!found.has(key)) found.set(key, { name, form, bytes });
  };
  const encoded = (of: string, bytes: Buffer) => {
    const hex = bytes.toString('hex');
    add(`hex of ${of}`, Buffer.from(hex));
    add(`hex of ${of}, in capitals`, Buffer.from(hex.toUpperCase()));
    for (const [at, core] of base64Cores(bytes).entries()) {
      add(`base64 of ${of}, ${at} bytes in`, Buffer.from(core));
      const url = core.replaceAll('+', '-').replaceAll('/', '_');
      add(`base64url of ${of}, ${at} bytes in`, Buffer.from(url));
    }
  };
  if (typeof value !== 'string') {
    const bytes = Buffer.from(value);
    add('bytes', bytes);
    encoded('bytes', bytes);
    return [...found.values()];
  }
  for (const [how, text] of [
    ['text', value],
    ['text in small letters', value.toLowerCase()],
    ['text in capitals', value.toUpperCase()],
  ] as const) {
    const bytes = Buffer.from(text);
    const wide = Buffer.from(text, 'utf16le');
    add(how, bytes);
    add(`${how}, UTF-16LE`, wide);
    add(`${how}, UTF-16BE`, Buffer.from(wide).swap16());
    add(`${how}, escaped`, Buffer.from(encodeURIComponent(text)));
    add(`${how}, in JSON`, Buffer.from(JSON.stringify(text).slice(1, -1)));
    encoded(how, bytes);
  }
  return [...found.values()];
}

/** The part of a base64 text that depends on these bytes alone, wherever they stand among others. */
function base64Cores(bytes: Buffer): string[] {
  return [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const first = before === 0 ? 0 : before + 1;
    // What the last, unfilled group says depends on what follows.
    const last = (before + bytes.length) % 3 === 0 ? text.length : text.length - 1;
    return text.slice(first, last);
  });
}

/** Where any needle stands, the first place of each. */
export function searchBytes(where: string, bytes: Buffer, needles: readonly Needle[]): Found[] {
  return needles.flatMap(({ name, form, bytes: wanted }) => {
    const at = bytes.indexOf(wanted);
    return at < 0 ? [] : [{ name, form, where, at }];
  });
}
