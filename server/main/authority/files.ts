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
  const file = openNew(folder, typed);
  if (!file.ok) return file.error;
  const problem = file.value.write(text);
  if (problem === undefined) file.value.keep();
  else file.value.discard();
  return problem;
}

/** A file that is there before it is known what is in it: what can't be written is found out before anything is done. */
export interface NewFile {
  /** On the disk too, in the place of what was written before. */
  write(text: string): Problem | undefined;
  keep(): void;
  discard(): void;
}

export function openNew(folder: string, typed: string): Result<NewFile, Problem> {
  const path = resolve(folder, typed);
  let file: number;
  try {
    file = openSync(path, 'wx', 0o600);
  } catch (cause) {
    return failed(notWritten(typed, cause));
  }
  return ok({
    write(text) {
      try {
        ftruncateSync(file);
        const bytes = Buffer.from(text);
        for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at, undefined, at);
        fsyncSync(file);
        return undefined;
      } catch (cause) {
        return notWritten(typed, cause);
      }
    },
    keep: () => closeSync(file),
    discard() {
      closeSync(file);
      rmSync(path, { force: true });
    },
  });
}

function notWritten(typed: string, cause: unknown): Problem {
  const { code } = cause as NodeJS.ErrnoException; // What node:fs throws.
  return code === 'EEXIST'
    ? { what: `There is a file ${typed} already.`, mend: 'Name another, or move it away first.' }
    : { what: `${typed} can’t be written (${code}).`, mend: 'Check the path.' };
}
