/** CAs of others and what they issue, made by OpenSSL in a folder: NAME.key, NAME.pem, and one file of what was revoked. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { P256 } from './x509-house.ts';

const CA = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign'];
const LEAF = ['basicConstraints=critical,CA:FALSE'];
const DAYS = '90';

export interface Making {
  /** Signed by itself, where it says nothing. */
  readonly by?: string | undefined;
  readonly extensions?: readonly string[];
  readonly key?: readonly string[];
  /** What it is called, if not as its files. */
  readonly commonName?: string;
}

export type CasOfOthers = ReturnType<typeof casOfOthers>;

export function casOfOthers(folder: string) {
  const run = (...words: readonly string[]) =>
    execFileSync('openssl', words, { cwd: folder, stdio: 'pipe' });

  function make(
    name: string,
    { by, extensions = [], key = P256, commonName = name }: Making = {},
  ): void {
    const files = ['-nodes', '-keyout', `${name}.key`, '-out', `${name}.pem`, '-days', DAYS];
    const added = extensions.flatMap((each) => ['-addext', each]);
    const signer = by === undefined ? [] : ['-CA', `${by}.pem`, '-CAkey', `${by}.key`];
    run('req', '-x509', ...key, ...files, '-subj', `/CN=${commonName}`, ...added, ...signer);
  }

  writeFileSync(
    join(folder, 'ca.cnf'),
    `[ca]\ndefault_ca=d\n[d]\ndatabase=${folder}/index\ncrlnumber=${folder}/number\ndefault_md=sha256\ndefault_crl_days=7\n`,
  );
  writeFileSync(join(folder, 'index'), '');
  writeFileSync(join(folder, 'number'), '01\n');
  const database = (by: string, ...words: readonly string[]) =>
    run('ca', '-config', 'ca.cnf', ...words, '-cert', `${by}.pem`, '-keyfile', `${by}.key`);

  return {
    run,
    make,
    der: (name: string) => run('x509', '-in', `${name}.pem`, '-outform', 'DER'),
    ca: (name: string, by?: string, extra: readonly string[] = []) =>
      make(name, { by, extensions: [...CA, ...extra] }),
    leaf: (name: string, by: string, extra: readonly string[] = ['extendedKeyUsage=clientAuth']) =>
      make(name, { by, extensions: [...LEAF, ...extra] }),
    revoke: (name: string, by: string) => database(by, '-revoke', `${name}.pem`),
    /** The list of what was revoked. */
    list(by: string, words: readonly string[] = [], form: 'DER' | 'PEM' = 'DER'): Buffer {
      database(by, '-gencrl', '-out', 'list.crl', ...words);
      return run('crl', '-in', 'list.crl', '-outform', form);
    },
  };
}
