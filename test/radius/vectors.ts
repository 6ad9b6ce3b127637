/** Packets that RFCs print, with the secret they were made with. */
export const SECRET = new TextEncoder().encode('xyzzy5461');

export const bytesOf = (text: string): Uint8Array =>
  new Uint8Array(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'));

/** RFC 2865 §7.1: nemo logs in by PAP with `arctangent`. */
export const TELNET = {
  request:
    bytesOf(`01 00 00 38 0f 40 3f 94 73 97 80 57 bd 83 d5 cb 98 f4 22 7a 01 06 6e 65 6d 6f 02 12
    0d be 70 8d 93 d4 13 ce 31 96 e4 3f 78 2a 0a ee 04 06 c0 a8 01 10 05 06 00 00 00 03`),
  answer:
    bytesOf(`02 00 00 26 86 fe 22 0e 76 24 ba 2a 10 05 f6 bf 9b 55 e0 b2 06 06 00 00 00 01 0f 06
    00 00 00 00 0e 06 c0 a8 01 03`),
};

/** RFC 5997 §6.1 and §6.2: Status-Server to either port. */
export const STATUS = {
  authentication:
    bytesOf(`0c da 00 26 8a 54 f4 68 6f b3 94 c5 28 66 e3 02 18 5d 06 23 50 12 5a 66 5e 2e
    1e 84 11 f3 e2 43 82 20 97 c8 4f a3`),
  authenticationAnswer: bytesOf('02 da 00 14 ef 0d 55 2a 4b f2 d6 93 ec 2b 6f e8 b5 41 1d 66'),
  accounting:
    bytesOf(`0c b3 00 26 92 5f 6b 66 dd 5f ed 57 1f cb 1d b7 ad 38 82 60 50 12 e8 d6 ea bd a9
    10 87 5c d9 1f da de 26 36 78 58`),
  accountingAnswer: bytesOf('05 b3 00 14 0f 6f 92 14 5f 10 7e 2f 50 4e 86 0a 48 60 66 9c'),
};
