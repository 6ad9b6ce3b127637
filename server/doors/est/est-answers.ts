/** What EST says to those whom it refuses: a status, and a sentence for whoever sets the device up (RFC 7030 §4.2.3). */
import { issueErrorCodes, judgedReasons } from '../../authority/x509/authority-words.ts';
import type { EnrolRefusal } from '../../gate/use-cases/devices/enrol-words.ts';

export interface EstAnswer {
  readonly status: number;
  readonly says: string;
  readonly retryAt?: number | undefined;
}

const answers = {
  plain: [403, 'This goes over HTTPS alone.'],
  'plain-key': [
    403,
    'A key is given out over HTTPS that ends here alone, and not behind a proxy on the network.',
  ],
  nobody: [401, 'Show an enrolment pass as the password, or a certificate in the handshake.'],
  'certificate-wanted': [401, 'Show the certificate that is to be renewed in the TLS handshake.'],
  malformed: [400, 'The body is no PKCS #10 request in base64.'],
  'media-type': [415, 'Send the request as application/pkcs10.'],
  'no-server-keys': [
    501,
    'Keys are not made here: a key proves a device only if it never was anywhere else. Make it there, and use simpleenroll.',
  ],
} as const satisfies Readonly<Record<string, readonly [number, string]>>;

export function say(code: keyof typeof answers): EstAnswer {
  const [status, says] = answers[code];
  return { status, says };
}

/** `basic`: a pass was shown, and another could be. */
export function refusedEnrolment(refused: EnrolRefusal, basic: boolean): EstAnswer {
  switch (refused.reason) {
    case 'throttled':
      return { status: 503, says: 'Too many requests. Try again later.', retryAt: refused.retryAt };
    case 'wrong':
      return { status: 401, says: 'This pass is not good, or is not good any more.' };
    case 'certificate':
      return { status: 403, says: `The certificate that was shown is refused: ${whyOf(refused)}.` };
    case 'not-permitted':
      return {
        status: 403,
        says: `No policy permits this${basic ? ' with a pass' : ''} from here.`,
      };
    case 'request': {
      const detail = refused.detail === undefined ? '' : ` (${refused.detail})`;
      return { status: 400, says: `No certificate: ${issueErrorCodes[refused.why]}${detail}.` };
    }
    case 'unavailable':
      return { status: 503, says: 'That did not work here. Try again later.' };
  }
}

function whyOf({ why }: EnrolRefusal & { readonly reason: 'certificate' }): string {
  if (why === 'not-a-device') return 'it is no device’s';
  if (why === 'not-active') return 'its device is not active';
  return judgedReasons[why];
}
