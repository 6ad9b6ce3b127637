/** Certificates as people make them: by OpenSSL's own commands, in a folder that goes when the tests are over. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface OpensslCertificate {
  readonly pem: string;
  readonly keyPem: string;
  /** SHA-256 over the DER, as `openssl x509 -fingerprint` has it, in the words of RFC 8705 §3.1. */
  readonly thumbprint: string;
}

export interface OpensslFolder {
  selfSigned(name: string, kind?: Kind): OpensslCertificate;
  issued(ca: OpensslCertificate, name: string, kind?: Kind): OpensslCertificate;
  remove(): void;
}

/** A CA, a server called localhost, or a client: by which extensions and keys they are told apart. */
type Kind = 'ca' | 'server' | 'client' | 'client-rsa';

const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
const RSA = ['-newkey', 'rsa:2048'];
const EXTENSIONS: Readonly<Record<Kind, readonly string[]>> = {
  ca: ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign'],
  server: ['subjectAltName=DNS:localhost', 'extendedKeyUsage=serverAuth'],
  client: ['basicConstraints=critical,CA:FALSE', 'extendedKeyUsage=clientAuth'],
  'client-rsa': ['basicConstraints=critical,CA:FALSE', 'extendedKeyUsage=clientAuth'],
};

export function openOpenssl(): OpensslFolder {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-openssl-'));
  const run = (...words: string[]) =>
    execFileSync('openssl', words, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] }).toString();
  let made = 0;

  function make(name: string, kind: Kind, by: readonly string[]): OpensslCertificate {
    made += 1;
    const [key, cert] = [`${made}.key`, `${made}.pem`];
    const extensions = EXTENSIONS[kind].flatMap((each) => ['-addext', each]);
    const curve = kind === 'client-rsa' ? RSA : EC;
    const files = ['-nodes', '-keyout', key, '-out', cert, '-days', '7', '-subj', `/CN=${name}`];
    run('req', '-x509', ...curve, ...files, ...extensions, ...by);
    const [, hex = ''] = run('x509', '-in', cert, '-noout', '-fingerprint', '-sha256').split('=');
    return {
      pem: readFileSync(join(folder, cert), 'utf8'),
      keyPem: readFileSync(join(folder, key), 'utf8'),
      thumbprint: Buffer.from(hex.replaceAll(':', '').trim(), 'hex').toString('base64url'),
    };
  }

  return {
    selfSigned: (name, kind = 'client') => make(name, kind, []),
    issued(ca, name, kind = 'client') {
      writeFileSync(join(folder, 'ca.pem'), ca.pem);
      writeFileSync(join(folder, 'ca.key'), ca.keyPem, { mode: 0o600 });
      return make(name, kind, ['-CA', 'ca.pem', '-CAkey', 'ca.key']);
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}

/** `fetch` that trusts one certificate of a server, and shows one of its own or none. */
export function fetchWith(
  trusted: OpensslCertificate,
  shown: OpensslCertificate | undefined,
): (url: string, init?: RequestInit) => Promise<Response> {
  return (url, { method = 'GET', headers, body } = {}) =>
    new Promise((resolve, reject) => {
      const text = body === undefined || body === null ? '' : String(body);
      const sent = new Headers(headers);
      if (body instanceof URLSearchParams && !sent.has('content-type')) {
        sent.set('content-type', 'application/x-www-form-urlencoded');
      }
      if (text !== '') sent.set('content-length', String(Buffer.byteLength(text)));
      const asked = https.request(
        url,
        {
          method,
          headers: Object.fromEntries(sent),
          ca: trusted.pem,
          agent: false,
          ...(shown && { cert: shown.pem, key: shown.keyPem }),
        },
        (answer) => {
          const parts: Buffer[] = [];
          answer.on('data', (part: Buffer) => parts.push(part));
          answer.on('error', reject);
          answer.on('end', () => {
            const { statusCode: status = 0, headers: given } = answer;
            const bare = status === 204 || status === 304;
            const told = new Headers(given as Record<string, string>); // Lists are joined, as fetch has them.
            resolve(new Response(bare ? null : Buffer.concat(parts), { status, headers: told }));
          });
        },
      );
      asked.on('error', reject);
      asked.end(text);
    });
}
