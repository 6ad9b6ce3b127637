/** Files that people name: certificates, lists and requests, in PEM or DER, one or several. */
import {
  closeSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { resolve } from 'node:path';
import { failed, ok, type Result } from '../../kernel/result.ts';
import { readPem } from '../../wire/der/pem.ts';
import type { Problem } from '../terminal/output.ts';

const LARGEST = 16 * 1024 * 1024;

export function readBytes(folder: string, typed: string): Result<Buffer, Problem> {
  try {
    const bytes = readFileSync(resolve(folder, typed));
    return bytes.length > LARGEST
      ? failed({ what: `${typed} is larger than anything that belongs here.` })
      : ok(bytes);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException; // What node:fs throws.
    return failed({ what: `${typed} can’t be read (${code}).`, mend: 'Check the path.' });
  }
}

/** Everything in a file of these labels; a file without PEM is one thing in DER. */
export function blocksOf(bytes: Buffer, labels: readonly string[]): readonly Uint8Array[] {
  const text = bytes.toString('latin1');
  if (!text.includes('-----BEGIN ')) return bytes.length === 0 ? [] : [new Uint8Array(bytes)];
  return readPem(text, labels);
}

/** For its owner alone; one that is there already is left as it is. */
export function writeNew(folder: string, typed: string, text: string): Problem | undefined {
  let file: NewFile | undefined;
  try {
    const opened = openNew(folder, typed);
    if (!opened.ok) return opened.error;
    file = opened.value;
    file.write(text);
    file.keep();
    return undefined;
  } catch (cause) {
    file?.discard();
    const { code } = cause as NodeJS.ErrnoException; // What node:fs throws.
    return { what: `${typed} can’t be written (${code}).`, mend: 'Check the path.' };
  }
}

/** A file that is there before it is known what is in it: what can't be written is found out before anything is done. */
export interface NewFile {
  /** On the disk too, in the place of what was written before. */
  write(text: string): void;
  keep(): void;
  discard(): void;
}

/** A problem where there is one already; what else is wrong with the place, node:fs throws. */
export function openNew(folder: string, typed: string): Result<NewFile, Problem> {
  const path = resolve(folder, typed);
  let file: number;
  try {
    file = openSync(path, 'wx', 0o600);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause; // What node:fs throws.
    const mend = 'Name another, or move it away first.';
    return failed({ what: `There is a file ${typed} already.`, mend });
  }
  return ok({
    write(text) {
      try {
        ftruncateSync(file);
        const bytes = Buffer.from(text);
        for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at, undefined, at);
        fsyncSync(file);
      } catch (cause) {
        // By its descriptor alone, nobody is told which file.
        throw Object.assign(cause as NodeJS.ErrnoException, { path }); // What node:fs throws.
      }
    },
    keep: () => closeSync(file),
    discard() {
      closeSync(file);
      rmSync(path, { force: true });
    },
  });
}
