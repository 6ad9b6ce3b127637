/**
 * The fields of a body, read and written in order. A body is right only if its fixed part and the lengths in it add up to exactly
 * what the header says (RFC 8907 §4.5): with another secret they do not.
 */
import { Buffer } from 'node:buffer';
import { Fault } from '../../kernel/fault.ts';

/** - `sum`: the lengths do not add up; - `value`: a number that stands for nothing; - `text`: a name that is not UTF-8. */
export type BodyFault = 'sum' | 'value' | 'text';

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export interface Cursor {
  octet(): number;
  pair(): number;
  bytes(length: number): Uint8Array;
  /** An octet a character, so that nothing is lost: what has to be printable ASCII is judged by whoever knows what it is for. */
  text(length: number): string;
  /** UTF-8 (RFC 8907 §3.7); undefined for what is none. */
  name(length: number): string | undefined;
}

/** Reads in a body whose length was checked by then. */
export function cursorOf(body: Uint8Array): Cursor {
  const view = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  let at = 0;
  const move = (length: number) => {
    const from = at;
    at += length;
    return from;
  };
  return {
    octet: () => body[move(1)] ?? 0,
    pair: () => {
      const from = move(2);
      return ((body[from] ?? 0) << 8) | (body[from + 1] ?? 0);
    },
    bytes: (length) => body.slice(move(length), at),
    text: (length) => view.toString('latin1', move(length), at),
    name: (length) => {
      try {
        return strict.decode(body.subarray(move(length), at));
      } catch {
        return undefined;
      }
    },
  };
}

export const latin1 = (text: string): Uint8Array => Buffer.from(text, 'latin1');

export interface Writer {
  octet(value: number): Writer;
  pair(value: number): Writer;
  bytes(value: Uint8Array): Writer;
  done(): Uint8Array;
}

/** Writes a body of a length that is known. What does not fit into its field is a fault of ours, never cut. */
export function writerOf(length: number): Writer {
  const body = new Uint8Array(length);
  let at = 0;
  const within = (value: number, most: number) => {
    if (!Number.isInteger(value) || value < 0 || value > most) {
      throw new Fault('door', `${value} does not fit into a field of a TACACS+ body`);
    }
    return value;
  };
  const writer: Writer = {
    octet(value) {
      body[at] = within(value, 0xff);
      at += 1;
      return writer;
    },
    pair(value) {
      within(value, 0xffff);
      body[at] = value >>> 8;
      body[at + 1] = value;
      at += 2;
      return writer;
    },
    bytes(value) {
      body.set(value, at);
      at += value.length;
      return writer;
    },
    done: () => body,
  };
  return writer;
}
