/** What is typed of certificates, and what is told of those that there are. */
import { type CertificateProfile, certificateProfiles } from '@sallyport/contract/certificates.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import { tellBy } from '../remote/refused.ts';
import type { Problem } from '../terminal/output.ts';
import { noSuch } from '../terminal/typed.ts';

/** As OpenSSL writes them, too. */
export const serialOf = (typed: string) =>
  typed.toLowerCase().replaceAll(':', '').replace(/^0x/, '');

export function profileTyped(typed: string): Result<CertificateProfile, Problem> {
  const profile = certificateProfiles.find((each) => each === typed);
  if (profile !== undefined) return ok(profile);
  return failed(noSuch('profile', typed, certificateProfiles));
}

export const refused = tellBy({
  'certificate-refused': ({ says }) => ({ what: `No certificate: ${says}.` }),
  'certificate-revoked': () => ({ what: 'It was revoked already.' }),
  'not-found': () => ({
    what: 'There is no such certificate.',
    mend: 'A serial number is wanted whole, as ./sallyport certificate list shows it.',
  }),
});
