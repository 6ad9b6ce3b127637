import type { X509Certificate } from 'node:crypto';
import { statSync } from 'node:fs';
import { isIP } from 'node:net';
import { servedNow } from '../../authority/x509/credentials.ts';
import { DAY } from '../../kernel/clock.ts';
import type { Store } from '../../store/store.ts';
import { namedAt } from '../named-files.ts';
import { readTlsFiles, tlsFilesOf } from '../tls-files.ts';
import { bad, type Finding, type Look, ok, warn } from './look.ts';
import { findInHouse, OF_THE_HOUSE } from './reach-house.ts';

const SOON = 14 * DAY;

export const lookAtTls: Look = {
  name: 'TLS',
  needs: OF_THE_HOUSE,
  look(context) {
    const { loaded, clock } = context;
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
      return findInHouse(context, {
        none: ok('By a certificate of the own authority, which the first start makes.'),
        what: 'The own certificate',
        judge: ({ store }) => own(store, clock.now()),
      });
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

/** One that should have been renewed by now, and was not, is told long before it is over. */
async function own(store: Pick<Store, 'read'>, now: number): Promise<Finding> {
  const served = await store.read((q) => servedNow(q, 'server'));
  if (served === undefined) {
    return ok('By a certificate of the own authority, which the first start makes.');
  }
  const { notAfter, renewAt } = served;
  const until = new Date(notAfter).toISOString().slice(0, 10);
  const mend =
    'Start the server, which renews it; where it runs, its log says why it can’t: ./sallyport authority show';
  if (notAfter <= now) return bad(`The own certificate ended on ${until}.`, mend);
  if (renewAt + DAY <= now) {
    return warn(`The own certificate ends on ${until}, and was to be renewed before now.`, mend);
  }
  return ok(`By a certificate of the own authority, good until ${until}, which renews itself.`);
}

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
