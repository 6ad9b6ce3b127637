/** Certificate and key as files: read and tried on one another, before anything is started with them. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { failed, ok, type Result } from '../kernel/result.ts';

export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
}

/** The files that a configuration names; none where TLS is off, or by a certificate of our own. */
export function tlsFilesOf(
  tls: { readonly certificate?: string | undefined; readonly key?: string | undefined } | undefined,
): TlsFiles | undefined {
  const { certificate, key } = tls ?? {};
  return certificate === undefined || key === undefined ? undefined : { certificate, key };
}

export interface ReadTls {
  /** PEM texts. */
  readonly pem: TlsFiles;
  readonly certificate: X509Certificate;
}

export interface TlsProblem {
  readonly what: string;
  readonly mend: string;
}

export function readTlsFiles(files: TlsFiles): Result<ReadTls, TlsProblem> {
  const pem = readPem(files.certificate);
  if (!pem.ok) return pem;
  const keyPem = readPem(files.key);
  if (!keyPem.ok) return keyPem;

  const certificate = attempt(() => new X509Certificate(pem.value));
  if (certificate === undefined) {
    return failed({
      what: `${files.certificate} is no certificate in PEM.`,
      mend: 'It must begin with -----BEGIN CERTIFICATE-----.',
    });
  }
  const key = attempt(() => createPrivateKey(keyPem.value));
  if (key === undefined) {
    return failed({
      what: `${files.key} is no private key in PEM that can be read without a passphrase.`,
      mend: 'It must begin with -----BEGIN PRIVATE KEY----- or alike.',
    });
  }
  if (!certificate.checkPrivateKey(key)) {
    return failed({
      what: `${files.key} is not the key of ${files.certificate}.`,
      mend: 'Name the key that the certificate was made for.',
    });
  }
  return ok({ pem: { certificate: pem.value, key: keyPem.value }, certificate });
}

function readPem(path: string): Result<string, TlsProblem> {
  try {
    return ok(readFileSync(path, 'utf8'));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException; // What node:fs throws.
    return failed({
      what: `${path} can’t be read (${code}).`,
      mend: 'Check the path in listen.tls, and that this account may read it.',
    });
  }
}

function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}
