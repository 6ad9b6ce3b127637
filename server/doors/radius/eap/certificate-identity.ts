/**
 * Whether what a peer calls itself in EAP is what its certificate calls it (RFC 5216 §5.2). The network device shows the former to
 * people and writes it down, so a peer that may come in as itself must not do so under the name of another.
 */
import { type Certificate, readCertificate } from '../../../wire/x509/certificate.ts';

/** Windows puts it before the name of a machine. */
const MACHINE = 'host/';

export function isCalled(identity: string, leaf: Uint8Array): boolean {
  if (isAnonymous(identity)) return true;
  const certificate = readCertificate(leaf);
  if (certificate === undefined) return false;
  const said = identity.toLowerCase();
  return namesOf(certificate).some((name) => said === name || said === `${MACHINE}${name}`);
}

/** Says nothing of who it is, which is never wrong: an empty name, with a realm or without (RFC 7542 §2.4, RFC 9190 §2.1.7). */
export function isAnonymous(identity: string): boolean {
  const name = identity.split('@', 1)[0]!.toLowerCase(); // Split gives one part at least.
  return name === '' || name === 'anonymous';
}

function namesOf({ commonName, names }: Certificate): string[] {
  const all = [...names.dns, ...names.email, ...names.upn, ...names.uri];
  if (commonName !== undefined) all.push(commonName);
  return all.map((name) => name.toLowerCase());
}
