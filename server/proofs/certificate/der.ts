/** As much of DER (X.690) as it takes to find one's way in a certificate: strict about lengths, blind to all else. */

export interface Der {
  readonly tag: number;
  readonly content: Uint8Array;
}

/** The values that stand one after another in some bytes; undefined unless they fill them to the last. */
export function readDer(bytes: Uint8Array): readonly Der[] | undefined {
  const found: Der[] = [];
  let at = 0;
  while (at < bytes.length) {
    const tag = bytes[at];
    const first = bytes[at + 1];
    // Tags of several bytes are in no certificate.
    if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) return undefined;
    at += 2;
    let length = first;
    if (first >= 0x80) {
      const count = first & 0x7f;
      if (count < 1 || count > 3 || at + count > bytes.length) return undefined;
      length = 0;
      for (let i = 0; i < count; i++) length = length * 256 + (bytes[at + i] ?? 0);
      // DER has one spelling: no length is longer than it need be.
      if (length < 0x80 || (bytes[at] ?? 0) === 0) return undefined;
      at += count;
    }
    if (at + length > bytes.length) return undefined;
    found.push({ tag, content: bytes.subarray(at, at + length) });
    at += length;
  }
  return found;
}

/** The values inside of one of a certain tag. */
export function within(der: Der | undefined, tag: number): readonly Der[] | undefined {
  return der?.tag === tag ? readDer(der.content) : undefined;
}
