/** Why a certificate lets nobody onto the network, as the record says it. */
import type { Reason } from '@sallyport/contract/event-parts.ts';
import type { JudgedReason } from '../../authority/x509/authority-words.ts';

const BECAUSE: Readonly<Partial<Record<JudgedReason, Reason>>> = Object.freeze({
  malformed: 'malformed',
  'unknown-authority': 'unknown-authority',
  expired: 'expired',
  'not-yet': 'expired',
  revoked: 'revoked',
  'revocation-unknown': 'revoked',
  weak: 'weak',
});

export const becauseOf = (reason: JudgedReason): Reason => BECAUSE[reason] ?? 'not-valid';
