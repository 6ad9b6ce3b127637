/**
 * Reads the data types of RFC 4251 §5 from bytes that anyone may have sent. Every length is checked against what is left before
 * anything is taken, so nothing is made that is larger than what came. What does not fit throws `NotSsh`; whoever reads a whole
 * form turns that into a value (`readWhole`).
 */
import { fromUtf8 } from '../../kernel/bytes.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';

/** The bytes are not what they were read as. */
export class NotSsh extends Error {
  constructor(why: string) {
    super(why);
    this.name = 'NotSsh';
  }
}

export interface SshReader {
  readonly left: number;
  byte(): number;
  uint32(): number;
  uint64(): bigint;
  bytes(length: number): Uint8Array;
  /** A string of bytes: its length in four bytes, and itself. */
  string(): Uint8Array;
  /** A string that is UTF-8, without NUL. */
  text(): string;
  /** A positive mpint, as its bytes without a zero in front. */
  mpint(): Uint8Array;
  /** What a string holds, to be read by itself. */
  inner(): SshReader;
  rest(): Uint8Array;
  /** Throws when anything is left. */
  end(): void;
}

export function sshReader(bytes: Uint8Array): SshReader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;

  function take(length: number): number {
    if (length > bytes.length - at) throw new NotSsh('it ends too early');
    const from = at;
    at += length;
    return from;
  }

  const uint32 = () => view.getUint32(take(4));
  const some = (length: number) => {
    const from = take(length);
    return bytes.subarray(from, from + length);
  };
  const string = () => some(uint32());

  return {
    get left() {
      return bytes.length - at;
    },
    byte: () => view.getUint8(take(1)),
    uint32,
    uint64: () => view.getBigUint64(take(8)),
    bytes: some,
    string,
    text() {
      const raw = string();
      if (raw.includes(0)) throw new NotSsh('a text has a NUL in it');
      try {
        return fromUtf8(raw);
      } catch {
        throw new NotSsh('a text is not UTF-8');
      }
    },
    mpint() {
      const raw = string();
      const [first = 0, second = 0] = raw;
      if (raw.length > 0 && first >= 0x80) throw new NotSsh('a number is negative');
      if (first !== 0 || raw.length === 0) return raw;
      // RFC 4251 §5: no zeros in front that aren't needed, so that a number has one form.
      if (second < 0x80) throw new NotSsh('a number has zeros in front');
      return raw.subarray(1);
    },
    inner: () => sshReader(string()),
    rest: () => some(bytes.length - at),
    end() {
      if (at !== bytes.length) throw new NotSsh('something follows its end');
    },
  };
}

/** Reads one form to its end; the error says what does not fit, for logs. */
export function readWhole<T>(
  bytes: Uint8Array,
  most: number,
  read: (reader: SshReader) => T,
): Result<T, string> {
  if (bytes.length > most) return failed('it is too long');
  try {
    const reader = sshReader(bytes);
    const value = read(reader);
    reader.end();
    return ok(value);
  } catch (error) {
    if (error instanceof NotSsh) return failed(error.message);
    throw error;
  }
}
