/** What is said of enrolment passes: one-time secrets with which one device gets its certificates. */
import { z } from 'zod';

export const passLimits = Object.freeze({ uses: 100, days: 30, names: 16, networks: 16 });

export const enrolmentPassStates = ['good', 'used', 'expired', 'withdrawn', 'not-active'] as const;
export type EnrolmentPassState = (typeof enrolmentPassStates)[number];

const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';

/** A name of a host, in small letters, with a dot in it (RFC 1123 §2.1): no wildcard, no address, nothing that is not ASCII. */
export const HostName = z
  .string()
  .max(253)
  .regex(new RegExp(`^(?:${LABEL}\\.)+${LABEL}$`), {
    error: 'must be the whole name of a host in small letters, such as printer-7.example.com',
  })
  .refine((name) => !/^[0-9.]+$/.test(name), { error: 'must be a name, and not an address' });

/** SHA-256 over the SubjectPublicKeyInfo of a TPM's attestation key, in base64url. */
export const KeyFingerprint = z.string().regex(/^[A-Za-z0-9_-]{43}$/, {
  error: 'must be SHA-256 over the key, in base64url',
});
