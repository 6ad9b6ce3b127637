/** The closed lists that certificates are spoken of in. What each profile means, the authority says (docs/authority.md). */
import { z } from 'zod';

export const certificateProfiles = [
  'device',
  'process',
  'person',
  'server',
  'radius-server',
  'modbus-role',
  'svid',
] as const;
export const CertificateProfile = z.enum(certificateProfiles);
export type CertificateProfile = z.infer<typeof CertificateProfile>;

export const certifiedKinds = ['device', 'process', 'person', 'server'] as const;
export const CertifiedKind = z.enum(certifiedKinds);
export type CertifiedKind = z.infer<typeof CertifiedKind>;

/** What a CA of others can be trusted for: subjects that come with its certificates, and keys that TPMs speak with. */
export const trustedKinds = [...certifiedKinds, 'tpm'] as const;
export const TrustedKind = z.enum(trustedKinds);
export type TrustedKind = z.infer<typeof TrustedKind>;

export const certificateStates = ['good', 'revoked', 'expired'] as const;
export const CertificateState = z.enum(certificateStates);

/** RFC 5280 §5.3.1, without those that come and go. */
export const RevocationReason = z.enum([
  'unspecified',
  'key-compromise',
  'ca-compromise',
  'affiliation-changed',
  'superseded',
  'cessation-of-operation',
  'privilege-withdrawn',
]);
export type RevocationReason = z.infer<typeof RevocationReason>;
