/** Files that people name: certificates, lists and requests, in PEM or DER, one or several. */
import { readFileSync, writeFileSync } from 'node:fs';
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
  try {
    writeFileSync(resolve(folder, typed), text, { flag: 'wx', mode: 0o600 });
    return undefined;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException; // What node:fs throws.
    return code === 'EEXIST'
      ? { what: `There is a file ${typed} already.`, mend: 'Name another, or move it away first.' }
      : { what: `${typed} can’t be written (${code}).`, mend: 'Check the path.' };
  }
}
