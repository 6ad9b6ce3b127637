/**
 * Makes a breach filter from sorted hashes: from the public range files (one file for each of the 1,048,576 first five hex
 * digits of SHA-1, with a line `SUFFIX:COUNT` for each password), or from a list of passwords.
 *
 * The file is written beside its target and takes its name when it is whole: a server that reads the old one meanwhile, or
 * a machine that stops half-way, sees either the old or the new.
 */
import { createHash } from 'node:crypto';
import { type FileHandle, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '../../kernel/fault.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import { type FilterShape, HEADER, OFFSET, placeOf, writeHeader } from './breach-filter.ts';
import { packSorted } from './rice.ts';

export interface MadeFilter {
  readonly keys: number;
  readonly bytes: number;
  readonly falsePositives: number;
  /** Range files that were not there: passwords that begin so are not known to be breached. */
  readonly missing: number;
}

export type ImportError =
  | { readonly code: 'no-range-files'; readonly folder: string }
  | { readonly code: 'malformed'; readonly file: string; readonly line: number };

export interface ImportOptions {
  readonly folder: string;
  readonly target: string;
  /** Leave out what was seen less often than this: a smaller filter of what attackers try first. */
  readonly minCount?: number;
  readonly progress?: (done: number, total: number) => void;
}

const RANGES: FilterShape = { prefix: 20, kept: 26 };
const RANGE_COUNT = 2 ** 20;

export async function importRangeFiles(
  options: ImportOptions,
): Promise<Result<MadeFilter, ImportError>> {
  const { folder, target, minCount = 1, progress } = options;
  const files = new Map<number, string[]>();
  for (const name of await readdir(folder)) {
    const prefix = /^([0-9a-f]{5})(?:\.txt)?$/i.exec(name)?.[1];
    if (prefix === undefined) continue;
    const bucket = Number.parseInt(prefix, 16);
    files.set(bucket, [...(files.get(bucket) ?? []), name]);
  }
  if (files.size === 0) return failed({ code: 'no-range-files', folder });

  async function* ranges(): AsyncGenerator<Bucket> {
    let done = 0;
    for (const bucket of [...files.keys()].sort((a, b) => a - b)) {
      const values: number[] = [];
      for (const name of files.get(bucket) ?? []) {
        const bad = readRange(await readFile(join(folder, name)), minCount, values);
        if (bad !== undefined) throw new MalformedRange(name, bad);
      }
      yield { bucket, values };
      if (++done % 4096 === 0 || done === files.size) progress?.(done, files.size);
    }
  }

  try {
    const made = await writeFilter(target, RANGES, ranges());
    return ok({ ...made, missing: RANGE_COUNT - files.size });
  } catch (error) {
    if (!(error instanceof MalformedRange)) throw error;
    return failed({ code: 'malformed', file: error.file, line: error.line });
  }
}

/** Ends the writing from inside the generator that feeds it; caught above. */
class MalformedRange extends Error {
  readonly file: string;
  readonly line: number;
  constructor(file: string, line: number) {
    super('not a range file');
    this.file = file;
    this.line = line;
  }
}

const SUFFIX = 35;

/**
 * Adds the first 26 bits of each suffix to `values`; gives the number of a line that is not one. Bytes are read without
 * making texts of them: there are a thousand million lines.
 */
function readRange(bytes: Uint8Array, minCount: number, values: number[]): number | undefined {
  let at = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  for (let line = 1; at < bytes.length; line++) {
    let value = 0;
    for (let digit = 0; digit < SUFFIX; digit++) {
      const nibble = hexDigit(bytes[at++]);
      if (nibble === undefined) return line;
      if (digit < 7) value = value * 16 + nibble;
    }
    if (bytes[at++] !== 0x3a) return line;
    let count = 0;
    const first = at;
    for (; bytes[at] !== undefined && bytes[at]! >= 0x30 && bytes[at]! <= 0x39; at++) {
      count = count * 10 + bytes[at]! - 0x30;
    }
    if (at === first) return line;
    if (bytes[at] === 0x0d) at++;
    if (at < bytes.length && bytes[at++] !== 0x0a) return line;
    // Padding, which hides from observers how long a range is, has a count of zero.
    if (count > 0 && count >= minCount) values.push(value >>> 2);
  }
  return undefined;
}

function hexDigit(byte: number | undefined): number | undefined {
  if (byte === undefined) return undefined;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : undefined;
}

/** For lists of some ten thousand, held in memory while it is made. */
export async function makeFilterOfPasswords(
  passwords: Iterable<string>,
  target: string,
): Promise<MadeFilter> {
  const shape: FilterShape = { prefix: 8, kept: 24 };
  const buckets: number[][] = Array.from({ length: 2 ** shape.prefix }, () => []);
  for (const password of passwords) {
    const sha1 = createHash('sha1').update(password).digest();
    const { bucket, value } = placeOf(sha1, shape);
    // `bucket` has `prefix` bits, and there is a list for each.
    buckets[bucket]!.push(value);
  }
  return writeFilter(
    target,
    shape,
    buckets.map((values, bucket) => ({ bucket, values })),
  );
}

function sortedOnce(values: readonly number[]): Uint32Array {
  const sorted = Uint32Array.from(values).sort();
  return sorted.filter((value, at) => at === 0 || value !== sorted[at - 1]);
}

interface Bucket {
  readonly bucket: number;
  readonly values: readonly number[];
}

/** Writes the buckets, which come in order; those that don't come are empty. A source that throws leaves the target alone. */
async function writeFilter(
  target: string,
  shape: FilterShape,
  source: AsyncIterable<Bucket> | Iterable<Bucket>,
): Promise<MadeFilter> {
  const beside = `${target}.part`;
  const handle = await open(beside, 'w', 0o644);
  try {
    const buckets = 2 ** shape.prefix;
    const table = new DataView(new ArrayBuffer((buckets + 1) * OFFSET));
    const out = appendingTo(handle, HEADER + table.byteLength);
    let next = 0;
    let keys = 0;
    for await (const { bucket, values } of source) {
      while (next <= bucket) putOffset(table, next++, out.written());
      const once = sortedOnce(values);
      keys += once.length;
      await out.append(packSorted(once, shape.kept));
    }
    await out.flush();
    const bytes = out.written();
    while (next <= buckets) putOffset(table, next++, bytes);
    await writeAll(handle, new Uint8Array(table.buffer), HEADER);
    await writeAll(handle, writeHeader({ ...shape, keys, bytes }), 0);
    await handle.sync();
    await rename(beside, target);
    const falsePositives = keys / 2 ** (shape.prefix + shape.kept);
    return { keys, bytes, missing: 0, falsePositives };
  } finally {
    await handle.close();
    await rm(beside, { force: true });
  }
}

function putOffset(table: DataView, index: number, offset: number): void {
  table.setUint8(index * OFFSET, Math.floor(offset / 2 ** 32));
  table.setUint32(index * OFFSET + 1, offset % 2 ** 32);
}

const CHUNK = 1024 * 1024;

function appendingTo(handle: FileHandle, start: number) {
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  let flushed = 0;
  async function flush(): Promise<void> {
    const chunk = Buffer.concat(pending);
    pending = [];
    pendingBytes = 0;
    await writeAll(handle, chunk, start + flushed);
    flushed += chunk.length;
  }
  return {
    flush,
    written: () => flushed + pendingBytes,
    async append(bytes: Uint8Array): Promise<void> {
      pending.push(bytes);
      pendingBytes += bytes.length;
      if (pendingBytes >= CHUNK) await flush();
    },
  };
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const left = bytes.length - done;
    const { bytesWritten } = await handle.write(bytes, done, left, position + done);
    if (bytesWritten === 0) throw new Fault('proof.engine', 'the breach filter was not written');
    done += bytesWritten;
  }
}
