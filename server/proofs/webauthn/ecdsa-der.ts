/**
 * Whether bytes are an ECDSA signature in the one DER form that its two numbers have (WebAuthn §6.5.5, X.690 §10).
 *
 * The library reads laxer forms too. Nothing here rests on a signature having one form only, but what a standard calls
 * malformed is not accepted, and a test vector that flips a bit finds it refused.
 */
export function isEcdsaDer(signature: Uint8Array, fieldBytes: number): boolean {
  // With numbers of up to 33 bytes the whole is under 128, so that every length is a single byte.
  if (signature.length < 8 || signature[0] !== 0x30) return false;
  if (signature[1] !== signature.length - 2 || signature.length > 2 * (fieldBytes + 3) + 2) {
    return false;
  }
  const second = endOfInteger(signature, 2, fieldBytes);
  return second !== undefined && endOfInteger(signature, second, fieldBytes) === signature.length;
}

/** Where a positive, minimally coded INTEGER that begins at `at` ends. */
function endOfInteger(bytes: Uint8Array, at: number, fieldBytes: number): number | undefined {
  const length = bytes[at + 1];
  const first = bytes[at + 2];
  const next = bytes[at + 3] ?? 0;
  if (bytes[at] !== 0x02 || length === undefined || first === undefined || length === 0) {
    return undefined;
  }
  if (first >= 0x80) return undefined;
  if (first === 0 && (length === 1 || next < 0x80)) return undefined;
  if (length > fieldBytes + (first === 0 ? 1 : 0)) return undefined;
  return at + 2 + length;
}
