/** Base32 of RFC 4648 §6, unpadded: the form in which authenticator apps take a key. */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const VALUES = new Map([...ALPHABET].map((letter, value) => [letter, value]));

export function base32(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[(held >>> bits) & 31];
    }
    held &= (1 << bits) - 1;
  }
  if (bits > 0) text += ALPHABET[(held << (5 - bits)) & 31];
  return text;
}

/** Strict: undefined unless the text is the one unpadded form of some bytes. Letters of either case; spaces between. */
export function fromBase32(text: string): Uint8Array | undefined {
  const letters = text.replaceAll(' ', '').toUpperCase();
  const bytes = new Uint8Array(Math.floor((letters.length * 5) / 8));
  let at = 0;
  let bits = 0;
  let held = 0;
  for (const letter of letters) {
    const value = VALUES.get(letter);
    if (value === undefined) return undefined;
    held = (held << 5) | value;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = (held >>> bits) & 255;
    }
    held &= (1 << bits) - 1;
  }
  return held === 0 && bits < 5 ? bytes : undefined;
}

/** `ABCD EFGH …`: groups that a person can copy without losing their place. */
export function grouped(text: string): string {
  return text.match(/.{1,4}/g)?.join(' ') ?? '';
}
