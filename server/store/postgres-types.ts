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

const parsers = new Map<number, (text: string) => unknown>([
  [BOOL, (text) => (text === 't' ? 1 : 0)],
  // A copy: small buffers are slices of a pool that others share.
  [BYTEA, (text) => new Uint8Array(Buffer.from(text.slice(2), 'hex'))],
  [INT8, integer],
  // What sum() makes of 64 bits.
  [NUMERIC, integer],
]);

export const postgresTypes = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    parsers.get(oid) ?? types.getTypeParser(oid, format),
};
