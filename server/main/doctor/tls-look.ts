import type { X509Certificate } from 'node:crypto';
import { statSync } from 'node:fs';
import { isIP } from 'node:net';
import { DAY } from '../../kernel/clock.ts';
import { namedAt } from '../named-files.ts';
import { readTlsFiles, tlsFilesOf } from '../tls-files.ts';
import { bad, type Finding, type Look, ok, warn } from './look.ts';

const SOON = 14 * DAY;

export const lookAtTls: Look = {
  name: 'TLS',
  needs: ['listen'],
  look({ loaded, clock }) {
    const { tls, origin, host } = loaded.config.listen;
    if (tls === undefined) {
      return ok(
        origin === undefined
          ? 'Off: only this machine can reach Sallyport.'
          : `Off here: the proxy in front speaks it for ${origin}.`,
      );
    }
    const files = tlsFilesOf(tls);
    if (files === undefined) {
      return ok('By a certificate of the own authority, which renews itself.');
    }
    const read = readTlsFiles(files);
    if (!read.ok) return bad(read.error.what, read.error.mend + namedAt(loaded, 'listen.tls'));
    const { certificate } = read.value;
    const findings: Finding[] = [];
    if (((statSync(files.key).mode ?? 0) & 0o077) !== 0) {
      findings.push(bad(`Others on this machine can read ${files.key}.`, `chmod 600 ${files.key}`));
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
