/** What swtpm 0.7 wrote, for those who read it. */
export const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));
/** A key on P-256 that swtpm 0.7 made, a statement about it, and the signature of its attestation key. */
export const PUBLIC = bytes(
  [
    '0023000b0004007200000010001000030010002078659821029f0cf172e16e9f83cc6225ec663254af85b7950117fda3',
    'eafb61de00200631083bb6214dd65e305ae1cc090becbdd44ee32cb65c86e992978ff007bde6',
  ].join(''),
);
export const CERTIFY = bytes(
  [
    'ff54434780170022000bba56c7bf8b44c7bd7694371e785d367d8eea251a998a7986d9c9253b8fcfcf1c002007070707',
    '0707070707070707070707070707070707070707070707070707070700000000000002a7000000010000000001201910',
    '23001636360022000be37de26abb2c405545652a944e9e303824bc5658d29d31c12b9f7174083a90800022000b155cb6',
    'c188b890c31e11ffd24ebd6037da10aa68f6ea6c53f555fa1e30664f14',
  ].join(''),
);
export const SIGNATURE = bytes(
  [
    '0018000b00205a284f019eee21d06e9b3fa7bc4d1d038fbea7cc4764e3f67f9bbf53910672230020e9ce582b024e33c7',
    '372ea9857de3abc83287cd7bfb5ed02af8775440f3b6c7c4',
  ].join(''),
);

/** RSA of 2048 bits, made up of its parts (Part 2 §12.2.4). */
export const RSA = bytes(
  `0001000b000400720000${'0010'}${'0014'}000b0800000000000100${'c1'.repeat(256)}`,
);
