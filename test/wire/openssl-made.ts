/** What X.509 codecs are tried with: an authority, a certificate by it, and what OpenSSL makes of them. */
import { execFileSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificate } from '../support/certificates.ts';

export const ca = makeCertificate({ subject: { CN: 'ca' }, authority: true });
const names = { dns: 'a.example', uri: 'urn:a' };
export const leaf = makeCertificate(
  { subject: { CN: 'a', O: 'b' }, authority: false, alternative: names },
  ca,
);

/** Made by OpenSSL: a request with extensions, a list with an entry, and a question with a nonce. */
export function made() {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-fuzz-'));
  const run = (...words: string[]) =>
    execFileSync('openssl', words, { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    const pem = (name: string, text: string | Buffer) => writeFileSync(join(folder, name), text);
    pem('ca.pem', ca.pem);
    pem('leaf.pem', leaf.pem);
    pem(
      'ca.key',
      createPrivateKey(ca.key.export({ format: 'pem', type: 'pkcs8' })).export({
        format: 'pem',
        type: 'pkcs8',
      }),
    );
    pem('index', '');
    pem('number', '01\n');
    pem(
      'ca.cnf',
      '[ca]\ndefault_ca=d\n[d]\ndatabase=index\ncrlnumber=number\ndefault_md=sha256\ndefault_crl_days=7\n',
    );
    const by = ['-cert', 'ca.pem', '-keyfile', 'ca.key', '-config', 'ca.cnf'];
    run('ca', ...by, '-revoke', 'leaf.pem');
    run('ca', ...by, '-gencrl', '-out', 'crl.pem');
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'k'];
    const san = ['-addext', 'subjectAltName=DNS:a.example,IP:10.0.0.1,email:a@b.c,URI:urn:a'];
    run('ocsp', '-issuer', 'ca.pem', '-cert', 'leaf.pem', '-reqout', 'question');
    return {
      request: run('req', '-new', ...key, '-subj', '/CN=a', ...san, '-outform', 'DER'),
      list: run('crl', '-in', 'crl.pem', '-outform', 'DER'),
      question: readFileSync(join(folder, 'question')),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
