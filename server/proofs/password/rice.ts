/**
 * Sorted numbers as the gaps between them in Golomb-Rice code: for numbers spread evenly, which hashes are, within half a
 * bit of the least that any code needs. The first byte is the code's parameter; the last byte is filled with ones, which
 * begin a gap that never ends.
 */
export function packSorted(values: Uint32Array, bits: number): Uint8Array {
  if (values.length === 0) return new Uint8Array(0);
  const parameter = Math.max(0, Math.floor(bits - Math.log2(values.length)));
  const packed: number[] = [parameter];
  let byte = 0;
  let free = 8;
  const put = (bit: number) => {
    byte = (byte << 1) | bit;
    if (--free === 0) {
      packed.push(byte);
      byte = 0;
      free = 8;
    }
  };
  let previous = 0;
  for (const value of values) {
    const gap = value - previous;
    previous = value;
    for (let ones = Math.floor(gap / 2 ** parameter); ones > 0; ones--) put(1);
    put(0);
    for (let bit = parameter - 1; bit >= 0; bit--) put((gap >>> bit) & 1);
  }
  while (free < 8) put(1);
  return Uint8Array.from(packed);
}

export function packedHas(packed: Uint8Array, wanted: number): boolean {
  if (packed.length === 0) return false;
  const parameter = packed[0]!;
  const end = packed.length * 8;
  let at = 8;
  let value = 0;
  while (at < end) {
    let ones = 0;
    while (at < end && ((packed[at >>> 3]! >>> (7 - (at & 7))) & 1) === 1) {
      ones++;
      at++;
    }
    at++;
    if (at + parameter > end) return false;
    let low = 0;
    for (let bit = 0; bit < parameter; bit++, at++) {
      low = (low << 1) | ((packed[at >>> 3]! >>> (7 - (at & 7))) & 1);
    }
    value += ones * 2 ** parameter + (low >>> 0);
    if (value >= wanted) return value === wanted;
  }
  return false;
}
