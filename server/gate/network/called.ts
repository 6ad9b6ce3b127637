/**
 * Whether what somebody calls themselves on the way to the network is what they are called: by their certificate (RFC 5216 §5.2), or where
 * they log in, inside a tunnel (RFC 5281 §7.3). The network device shows it to people, writes it down, and ends sessions by it, so whoever may
 * come in as themselves must not do so under the name of another.
 */
import type { GoodCertificate } from '../../authority/x509/authority-words.ts';

/** Windows puts it before the name of a machine. */
const MACHINE = 'host/';

export function isCalled(
  said: string,
  { subjectName, sans }: Pick<GoodCertificate, 'subjectName' | 'sans'>,
): boolean {
  if (isAnonymous(said)) return true;
  const wanted = said.toLowerCase();
  return [subjectName, ...sans.dns, ...sans.email, ...sans.upn, ...sans.uri].some((name) => {
    const called = name.toLowerCase();
    return called !== '' && (wanted === called || wanted === `${MACHINE}${called}`);
  });
}

/** Whether the name outside of a tunnel may stand for the one inside. */
export function isCalledAlike(outside: string, inside: string): boolean {
  return isAnonymous(outside) || outside.toLowerCase() === inside.toLowerCase();
}

/** Says nothing of who it is, which is never wrong: an empty name, with a realm or without (RFC 7542 §2.4, RFC 9190 §2.1.7). */
function isAnonymous(said: string): boolean {
  const [name = ''] = said.split('@', 1);
  return name === '' || name.toLowerCase() === 'anonymous';
}
