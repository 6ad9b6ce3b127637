/**
 * The two forms of an ECDSA signature with P-256: DER as OpenSSL writes it (X.690 §10), and the two numbers side by side as JOSE
 * wants it (RFC 7518 §3.4). Converting here is twice as fast as asking OpenSSL for the second form, and as strict: there is one
 * text for each pair of numbers.
 */
import { Buffer } from 'node:buffer';

const FIELD = 32;
const RAW_BYTES = 2 * FIELD;

/** Undefined unless the bytes are the one DER form of two numbers of at most 32 bytes. */
export function rawFromDer(der: Uint8Array): Buffer | undefined {
  // Under 128 bytes in all, so every length is one byte.
  if (der[0] !== 0x30 || der.length > 72 || der[1] !== der.length - 2) return undefined;
  const raw = Buffer.alloc(RAW_BYTES);
  const second = readInteger(der, 2, raw, 0);
  if (second === undefined) return undefined;
  return readInteger(der, second, raw, FIELD) === der.length ? raw : undefined;
}

/** Copies a positive, minimally coded INTEGER to a field of the raw form; tells where it ended. */
function readInteger(der: Uint8Array, at: number, raw: Buffer, field: number): number | undefined {
  const length = der[at + 1];
  const first = der[at + 2];
  if (der[at] !== 0x02 || length === undefined || length === 0 || first === undefined) {
    return undefined;
  }
  const end = at + 2 + length;
  if (end > der.length || first >= 0x80) return undefined;
  const padded = first === 0;
  if (padded && (length === 1 || der[at + 3]! < 0x80)) return undefined;
  const digits = padded ? length - 1 : length;
  if (digits > FIELD) return undefined;
  raw.set(der.subarray(end - digits, end), field + FIELD - digits);
  return end;
}

/** Undefined unless there are two numbers of 32 bytes, neither of them nought (FIPS 186-5 §6.4.2). */
export function derFromRaw(raw: Uint8Array): Buffer | undefined {
  if (raw.length !== RAW_BYTES) return undefined;
  const r = significant(raw, 0);
  const s = significant(raw, FIELD);
  if (r === FIELD || s === RAW_BYTES) return undefined;
  const rPad = raw[r]! >= 0x80 ? 1 : 0;
  const sPad = raw[s]! >= 0x80 ? 1 : 0;
  const rLength = FIELD - r + rPad;
  const sLength = RAW_BYTES - s + sPad;
  const der = Buffer.alloc(6 + rLength + sLength);
  der[0] = 0x30;
  der[1] = 4 + rLength + sLength;
  der[2] = 0x02;
  der[3] = rLength;
  der.set(raw.subarray(r, FIELD), 4 + rPad);
  der[4 + rLength] = 0x02;
  der[5 + rLength] = sLength;
  der.set(raw.subarray(s, RAW_BYTES), 6 + rLength + sPad);
  return der;
}

/** Where the number in a field begins; the end of the field when it is nought. */
function significant(raw: Uint8Array, from: number): number {
  let at = from;
  while (at < from + FIELD && raw[at] === 0) at++;
  return at;
}
