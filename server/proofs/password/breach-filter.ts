/**
 * A filter of breached passwords: a file that says "not in the list" for certain and "in the list" almost certainly.
 *
 * It keeps the first bits of each password's SHA-1, which the public lists are made of: `prefix` bits choose a bucket, `kept`
 * more are stored in it, sorted and packed (rice.ts). A password in the list is always found. One that is not is taken for
 * one that is with probability keys / 2^(prefix + kept): 1.4 in 100,000 for a thousand million keys and 46 bits. That is
 * smaller than a Bloom or fuse filter of the same rate, is made in one pass over sorted input with no memory to speak of,
 * and a look-up reads two short stretches of the file, whatever its size.
 *
 *     magic "SPBREACH" | version 1 | prefix | kept | 0 | keys (8 bytes) | bytes of buckets (8 bytes) | 8 zero bytes
 *     (2^prefix + 1) offsets of 5 bytes, from the first bucket | buckets
 */
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { fromUtf8, utf8 } from '../../kernel/bytes.ts';
import { Fault } from '../../kernel/fault.ts';
import { packedHas } from './rice.ts';

export const HEADER = 36;
export const OFFSET = 5;
const MAGIC = 'SPBREACH';
/** A filter up to this size is held in memory. */
const SMALL = 256 * 1024;

export interface BreachFilter {
  readonly keys: number;
  /** The part of passwords that are in no list and yet are refused. */
  readonly falsePositives: number;
  has(password: string): Promise<boolean>;
  hasHash(sha1: Uint8Array): Promise<boolean>;
  close(): Promise<void>;
}

export interface FilterShape {
  readonly prefix: number;
  readonly kept: number;
}

export interface FilterHeader extends FilterShape {
  readonly keys: number;
  readonly bytes: number;
}

export function writeHeader({ prefix, kept, keys, bytes }: FilterHeader): Uint8Array {
  const header = new Uint8Array(HEADER);
  header.set(utf8(MAGIC));
  header.set([1, prefix, kept, 0], 8);
  const view = new DataView(header.buffer);
  view.setBigUint64(12, BigInt(keys));
  view.setBigUint64(20, BigInt(bytes));
  return header;
}

function readHeader(header: Uint8Array): FilterHeader | undefined {
  if (header.length < HEADER || header[8] !== 1) return undefined;
  if (fromUtf8(header.subarray(0, 8)) !== MAGIC) return undefined;
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  return {
    prefix: view.getUint8(9),
    kept: view.getUint8(10),
    keys: Number(view.getBigUint64(12)),
    bytes: Number(view.getBigUint64(20)),
  };
}

/** Where a hash belongs: its bucket, and the number that stands for it there. */
export function placeOf(sha1: Uint8Array, { prefix, kept }: FilterShape) {
  const view = new DataView(sha1.buffer, sha1.byteOffset, sha1.byteLength);
  const top = view.getBigUint64(0);
  return {
    bucket: Number(top >> BigInt(64 - prefix)),
    value: Number((top >> BigInt(64 - prefix - kept)) & ((1n << BigInt(kept)) - 1n)),
  };
}

type Read = (position: number, length: number) => Uint8Array | Promise<Uint8Array>;

export async function openBreachFilter(file: string | URL): Promise<BreachFilter> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const whole = size <= SMALL ? await readAt(handle, 0, size) : undefined;
    const read: Read =
      whole === undefined
        ? (position, length) => readAt(handle, position, length)
        : (position, length) => whole.subarray(position, position + length);
    const header = readHeader(await read(0, HEADER));
    const start = header === undefined ? 0 : HEADER + (2 ** header.prefix + 1) * OFFSET;
    if (header === undefined || size !== start + header.bytes) {
      throw new Fault('proof.engine', `not a whole filter of breached passwords: ${file}`);
    }
    if (whole !== undefined) await handle.close();
    return createFilter(header, start, read, whole === undefined ? handle : undefined);
  } catch (error) {
    await handle.close().catch(() => undefined);
    throw error;
  }
}

/** Why a file can't be used as a filter, in a sentence; undefined when it can. */
export async function breachFilterProblem(file: string): Promise<string | undefined> {
  try {
    await (await openBreachFilter(file)).close();
    return undefined;
  } catch (cause) {
    if (cause instanceof Fault) return `${file} is not a whole filter of breached passwords.`;
    const { code } = cause as NodeJS.ErrnoException; // What node:fs throws.
    return code === 'ENOENT'
      ? `There is no file ${file}.`
      : `${file} can’t be read (${code ?? String(cause)}).`;
  }
}

function createFilter(
  header: FilterHeader,
  start: number,
  read: Read,
  handle: FileHandle | undefined,
): BreachFilter {
  async function hasHash(sha1: Uint8Array): Promise<boolean> {
    const { bucket, value } = placeOf(sha1, header);
    const offsets = await read(HEADER + bucket * OFFSET, 2 * OFFSET);
    const from = readOffset(offsets, 0);
    const to = readOffset(offsets, OFFSET);
    return packedHas(await read(start + from, to - from), value);
  }
  return {
    keys: header.keys,
    falsePositives: header.keys / 2 ** (header.prefix + header.kept),
    hasHash,
    has: (password) => hasHash(new Uint8Array(createHash('sha1').update(password).digest())),
    close: async () => handle?.close(),
  };
}

function readOffset(bytes: Uint8Array, at: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return view.getUint8(at) * 2 ** 32 + view.getUint32(at + 1);
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(bytes, filled, length - filled, position + filled);
    if (bytesRead === 0) {
      throw new Fault('proof.engine', 'the filter of breached passwords ends too soon');
    }
    filled += bytesRead;
  }
  return bytes;
}
