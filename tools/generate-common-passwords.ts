/**
 * Makes server/proofs/password/common-passwords.filter: the common passwords of the zxcvbn-ts dictionary (MIT), as a filter
 * that the server reads without loading the dictionary. Run it after updating @zxcvbn-ts/language-common; a test compares.
 */
import { dictionary } from '@zxcvbn-ts/language-common';
import {
  type MadeFilter,
  makeFilterOfPasswords,
} from '../server/proofs/password/make-breach-filter.ts';

export const commonPasswordsFile = new URL(
  '../server/proofs/password/common-passwords.filter',
  import.meta.url,
).pathname;

export function generateCommonPasswords(target: string): Promise<MadeFilter> {
  const passwords: readonly string[] = dictionary['passwords-common'];
  // Shorter ones are refused for their length.
  return makeFilterOfPasswords(
    passwords.filter((password) => password.length >= 8),
    target,
  );
}

if (import.meta.main) {
  const made = await generateCommonPasswords(commonPasswordsFile);
  process.stdout.write(`${made.keys} passwords, ${made.bytes} bytes\n`);
}
