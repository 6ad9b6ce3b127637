/** Values as SQLite gives them too, so that a room can't tell the databases apart: numbers, texts, bytes, flags 0 and 1. */
import { types } from 'pg';
import { Fault } from '../kernel/fault.ts';

const BOOL = 16;
const BYTEA = 17;
const INT8 = 20;
const NUMERIC = 1700;

function integer(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    throw new Fault('store.misuse', 'a number in the database is larger than a number here can be');
  }
  return value;
}

export type Parser = (text: string) => unknown;

const parsers = new Map<number, Parser>([
  [BOOL, (text) => (text === 't' ? 1 : 0)],
  [BYTEA, bytes],
  [INT8, integer],
  // What sum() makes of 64 bits.
  [NUMERIC, integer],
]);

/** `\x` and hex digits. A copy: small buffers are slices of a pool that others share. */
function bytes(text: string): Uint8Array {
  const value = new Uint8Array(text.length / 2 - 1);
  value.set(Buffer.from(text.slice(2), 'hex'));
  return value;
}

/** Reads what the server sends for a column of this type. */
export function parserOf(oid: number): Parser {
  return parsers.get(oid) ?? types.getTypeParser(oid, 'text');
}
