import { revocationReasons } from '../../authority/x509/revocation-reason.ts';
import type { Problem } from '../terminal/output.ts';
import { noSuch } from '../terminal/typed.ts';

export const whichReason = (typed: string): Problem =>
  noSuch('reason to revoke for', typed, Object.keys(revocationReasons));
