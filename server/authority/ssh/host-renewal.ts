/**
 * What a host sends to get its next certificate, as `cat asked asked.sig` gives it: a nonce, the certificate that it has, and the
 * signature of `ssh-keygen -Y sign` over these two lines.
 */
import { utf8 } from '../../kernel/bytes.ts';
import { readCertificateLine, type SshCertificate } from '../../wire/ssh/certificate.ts';
import { keyLine } from '../../wire/ssh/public-key.ts';
import { readFileSignature, SIGNATURE_BEGINS, verifiesFile } from '../../wire/ssh/sshsig.ts';

/** What a host's key signs here, and nothing else: the namespace of `ssh-keygen -Y sign -n`. */
export const NAMESPACE = 'host-renewal@sallyport';

export interface HostRenewalRequest {
  readonly nonce: string;
  readonly certificate: SshCertificate;
  /** The first of its names, where it is of the form that ours have. */
  readonly host: string;
  /** The line of the certificate's key. */
  readonly key: string;
  /** Whether the certificate's own key signed all of it, for this. */
  proves(): 'good' | 'other-key' | 'signature';
}

const SENT = /^([A-Za-z0-9_-]{1,128})\n([^\n]{1,65536})\n$/;
/** What a stranger's certificate says of itself may be anything. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

export function readHostRenewal(sent: string): HostRenewalRequest | undefined {
  const at = sent.indexOf(SIGNATURE_BEGINS);
  const text = sent.slice(0, Math.max(at, 0));
  const [, nonce = '', line = ''] = SENT.exec(text) ?? [];
  const certificate = readCertificateLine(line);
  const signature = readFileSignature(sent.slice(Math.max(at, 0)));
  if (!certificate.ok || !signature.ok) return undefined;
  const [name = ''] = certificate.value.principals;
  const key = keyLine(certificate.value.key);
  return {
    nonce,
    certificate: certificate.value,
    host: NAME.test(name) ? name : 'unknown',
    key,
    proves() {
      if (keyLine(signature.value.key) !== key) return 'other-key';
      return verifiesFile(signature.value, NAMESPACE, utf8(text)) ? 'good' : 'signature';
    },
  };
}
