/**
 * Whether what somebody calls themselves on the way to the network is what their certificate calls them (RFC 5216 §5.2). The network
 * device shows it to people and writes it down, so whoever may come in as themselves must not do so under the name of another.
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

/** Says nothing of who it is, which is never wrong: an empty name, with a realm or without (RFC 7542 §2.4, RFC 9190 §2.1.7). */
function isAnonymous(said: string): boolean {
  const [name = ''] = said.split('@', 1);
  return name === '' || name.toLowerCase() === 'anonymous';
}
