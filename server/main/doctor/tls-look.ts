import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { isIP } from 'node:net';
import { DAY } from '../../kernel/clock.ts';
import { bad, type Finding, type Look, ok, warn } from './look.ts';

const SOON = 14 * DAY;

export const lookAtTls: Look = {
  name: 'TLS',
  look({ loaded, clock }) {
    const { tls, origin, host } = loaded.config.listen;
    if (tls === undefined) {
      return ok(
        origin === undefined
          ? 'Off: only this machine can reach Sallyport.'
          : `Off here: the proxy in front speaks it for ${origin}.`,
      );
    }
    const pem = readPem(tls.certificate);
    if (typeof pem !== 'string') return pem;
    const keyPem = readPem(tls.key);
    if (typeof keyPem !== 'string') return keyPem;

    const certificate = attempt(() => new X509Certificate(pem));
    if (certificate === undefined)
      return bad(
        `${tls.certificate} is no certificate in PEM.`,
        'It must begin with -----BEGIN CERTIFICATE-----.',
      );
    const key = attempt(() => createPrivateKey(keyPem));
    if (key === undefined)
      return bad(
        `${tls.key} is no private key in PEM that can be read without a passphrase.`,
        'It must begin with -----BEGIN PRIVATE KEY----- or alike.',
      );
    if (!certificate.checkPrivateKey(key)) {
      return bad(
        `${tls.key} is not the key of ${tls.certificate}.`,
        'Name the key that the certificate was made for.',
      );
    }
    const findings: Finding[] = [];
    if (((statSync(tls.key).mode ?? 0) & 0o077) !== 0) {
      findings.push(bad(`Others on this machine can read ${tls.key}.`, `chmod 600 ${tls.key}`));
    }
    const name = origin === undefined ? host : new URL(origin).hostname;
    if (!isFor(certificate, name)) {
      findings.push(
        bad(
          `The certificate is not for ${name}: it names ${certificate.subjectAltName ?? 'nothing'}.`,
          'Get one for the name that people type.',
        ),
      );
    }
    findings.push(...validity(certificate, clock.now()));
    return findings.length > 0
      ? findings
      : ok(
          `The certificate is good until ${new Date(certificate.validTo).toISOString().slice(0, 10)}.`,
        );
  },
};

function isFor(certificate: X509Certificate, name: string): boolean {
  const address = name.replace(/^\[|\]$/g, '');
  return (isIP(address) ? certificate.checkIP(address) : certificate.checkHost(name)) !== undefined;
}

function validity({ validFrom, validTo }: X509Certificate, now: number): Finding[] {
  const [from, to] = [Date.parse(validFrom), Date.parse(validTo)];
  const until = new Date(to).toISOString().slice(0, 10);
  if (now < from)
    return [
      bad(
        `The certificate is good only from ${new Date(from).toISOString().slice(0, 10)}.`,
        'Check the clock, or get another.',
      ),
    ];
  if (now > to)
    return [bad(`The certificate ended on ${until}.`, 'Renew it, and restart Sallyport.')];
  if (to - now < SOON)
    return [warn(`The certificate ends on ${until}.`, 'Renew it, and restart Sallyport.')];
  return [];
}

function readPem(path: string): string | Finding {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException; // What node:fs throws.
    return bad(
      `${path} can't be read (${code}).`,
      'Check the path in listen.tls, and that this account may read it.',
    );
  }
}

function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}
