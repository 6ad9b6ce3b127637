import { revocationReasons } from '../../authority/x509/revocation-reason.ts';
import type { Problem } from '../terminal/output.ts';

export const WHICH_REASON: Problem = {
  what: '--reason is none that certificates are revoked for.',
  mend: `It is one of ${Object.keys(revocationReasons).join(', ')}.`,
};
