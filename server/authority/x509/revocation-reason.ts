import type { RevocationReason } from '@sallyport/contract/certificates.ts';

export type { RevocationReason } from '@sallyport/contract/certificates.ts';

/** Why a certificate was revoked, by the names and numbers of RFC 5280 §5.3.1. Holds are not used: they come and go unseen. */
export const revocationReasons = {
  unspecified: 0,
  'key-compromise': 1,
  'ca-compromise': 2,
  'affiliation-changed': 3,
  superseded: 4,
  'cessation-of-operation': 5,
  'privilege-withdrawn': 9,
} as const satisfies Readonly<Record<RevocationReason, number>>;

export function isRevocationReason(text: string): text is RevocationReason {
  return Object.hasOwn(revocationReasons, text);
}
