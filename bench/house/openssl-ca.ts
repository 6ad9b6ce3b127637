/** OpenSSL as an authority: `openssl ca` on a folder of its own, and `openssl ocsp` as a responder about what stands in its index. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface OpensslCa {
  readonly folder: string;
  /** Issues for each of these files with requests, in one process. */
  issue(files: readonly string[]): Promise<void>;
  certificate(): Buffer;
  /** Listens on a port, and tells of every serial that is good. */
  responder(port: number, serials: readonly string[]): Promise<ChildProcess>;
  close(): void;
}

export async function openOpensslCa(): Promise<OpensslCa> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-bench-ca-'));
  const file = (name: string) => join(folder, name);
  writeFileSync(
    file('ca.cnf'),
    `[ca]\ndefault_ca=d\n[d]\ndatabase=${file('index')}\nserial=${file('serial')}\nnew_certs_dir=${folder}\n` +
      'certificate=ca.pem\nprivate_key=ca.key\ndefault_md=sha256\ndefault_days=90\nunique_subject=no\npolicy=p\nx509_extensions=x\n' +
      '[p]\ncommonName=supplied\n[x]\nbasicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n' +
      'extendedKeyUsage=clientAuth\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n',
  );
  writeFileSync(file('index'), '');
  writeFileSync(file('serial'), '1000\n');
  const openssl = (...words: string[]) => run('openssl', words, { cwd: folder, maxBuffer: 1e9 });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  await openssl(
    'req',
    '-x509',
    ...key,
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-subj',
    '/CN=bench',
    '-days',
    '90',
  );
  return {
    folder,
    async issue(files) {
      await openssl('ca', '-config', 'ca.cnf', '-batch', '-notext', '-infiles', ...files);
    },
    certificate: () => readFileSync(file('ca.pem')),
    async responder(port, serials) {
      const lines = serials.map(
        (serial) => `V\t360101000000Z\t\t${serial}\tunknown\t/CN=${serial}\n`,
      );
      writeFileSync(file('responder.index'), lines.join(''));
      const words = ['ocsp', '-port', String(port), '-index', 'responder.index', '-CA', 'ca.pem'];
      const child = spawn(
        'openssl',
        [...words, '-rsigner', 'ca.pem', '-rkey', 'ca.key', '-nmin', '60'],
        {
          cwd: folder,
          stdio: ['ignore', 'ignore', 'pipe'],
        },
      );
      await new Promise<void>((resolve, reject) => {
        child.once('error', reject);
        child.once('exit', (code) => reject(new Error(`openssl ocsp ended (${code})`)));
        child.stderr.once('data', () => resolve()); // It says that it waits.
      });
      child.stderr.resume();
      return child;
    },
    close: () => rmSync(folder, { recursive: true }),
  };
}
