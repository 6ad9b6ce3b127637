import { Buffer } from 'node:buffer';

/** What a parameter can be; texts and numbers travel as text, bytes as they are. */
export type Value = string | number | bigint | null | Uint8Array;

/** Writes messages of the extended query protocol (PostgreSQL 18, §54.7), one behind the other into one buffer. */
export interface Messages {
  parse(name: string, text: string): void;
  bind(name: string, values: readonly Value[]): void;
  describe(): void;
  execute(): void;
  sync(): void;
  /** All of it; nothing may be written after. */
  bytes(): Uint8Array;
}

const [PARSE, BIND, DESCRIBE, EXECUTE, SYNC] = ['P', 'B', 'D', 'E', 'S'].map((c) =>
  c.charCodeAt(0),
) as [number, number, number, number, number]; // As many as there are.
const PORTAL = 'P'.charCodeAt(0);
const TEXT = 0;
const BINARY = 1;
const FIRST = 2048;

export function createMessages(): Messages {
  let buffer = Buffer.allocUnsafe(FIRST);
  let at = 0;

  function room(length: number): void {
    if (at + length <= buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(2 * buffer.length, at + length));
    buffer.copy(larger, 0, 0, at);
    buffer = larger;
  }

  /** Writes a message: its code, its length, which is known afterwards, and its body. */
  function message(code: number, body: () => void): void {
    room(5);
    buffer[at] = code;
    const start = at + 1;
    at += 5;
    body();
    buffer.writeInt32BE(at - start, start);
  }

  function int16(value: number): void {
    room(2);
    at = buffer.writeInt16BE(value, at);
  }

  function cString(text: string): void {
    room(3 * text.length + 1);
    at += buffer.write(text, at);
    buffer[at++] = 0;
  }

  function value(given: Value): void {
    if (given === null) {
      room(4);
      at = buffer.writeInt32BE(-1, at);
    } else if (given instanceof Uint8Array) {
      room(4 + given.length);
      at = buffer.writeInt32BE(given.length, at);
      buffer.set(given, at);
      at += given.length;
    } else {
      const text = String(given);
      room(4 + 3 * text.length);
      const length = buffer.write(text, at + 4);
      buffer.writeInt32BE(length, at);
      at += 4 + length;
    }
  }

  return {
    parse(name, text) {
      message(PARSE, () => {
        cString(name);
        cString(text);
        int16(0); // The server finds the types of the parameters by itself.
      });
    },
    bind(name, values) {
      message(BIND, () => {
        cString(''); // The portal without a name.
        cString(name);
        int16(values.length);
        for (const given of values) int16(given instanceof Uint8Array ? BINARY : TEXT);
        int16(values.length);
        for (const given of values) value(given);
        int16(0); // Every result as text.
      });
    },
    describe() {
      message(DESCRIBE, () => {
        room(1);
        buffer[at++] = PORTAL;
        cString('');
      });
    },
    execute() {
      message(EXECUTE, () => {
        cString('');
        room(4);
        at = buffer.writeInt32BE(0, at); // All rows.
      });
    },
    sync: () => message(SYNC, () => {}),
    bytes: () => buffer.subarray(0, at),
  };
}
