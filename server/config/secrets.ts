/** Reads a secret from where its setting says that it is. */
import { readFileSync } from 'node:fs';
import { failed, ok, type Result } from '../kernel/result.ts';
import type { Secret } from '../kernel/setting.ts';
import type { Environment } from './environment.ts';

/** The error says what is wrong and how to mend it, and never any of the secret. */
export function readSecret(secret: Secret, environment: Environment): Result<string, string> {
  if (typeof secret === 'string') return ok(secret);
  if ('env' in secret) {
    const value = environment[secret.env];
    return value ? ok(value) : failed(`The environment variable ${secret.env} is not set.`);
  }
  try {
    // Editors end a file with a line break, which is no part of the secret.
    const text = readFileSync(secret.file, 'utf8').replace(/\r?\n$/, '');
    return text === '' ? failed(`${secret.file} is empty.`) : ok(text);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException; // What node:fs throws.
    if (code === 'ENOENT') return failed(`There is no file ${secret.file}.`);
    return failed(`${secret.file} can’t be read (${code}).`);
  }
}
