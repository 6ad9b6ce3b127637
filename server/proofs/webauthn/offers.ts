/**
 * The forms of what a browser sends (WebAuthn §5.1, RegistrationResponseJSON and AuthenticationResponseJSON), bounded before
 * anything is decoded. Members that we don't use are dropped, not refused: browsers add some with every version.
 */
import { z } from 'zod';

/** §5.1: a credential id has at most 1023 bytes. */
const credentialId = z
  .string()
  .regex(/^[A-Za-z0-9_-]+$/)
  .max(1364);
const encoded = (bytes: number) =>
  z
    .string()
    .regex(/^[A-Za-z0-9_-]+$/)
    .max(Math.ceil((bytes * 4) / 3));

const transport = z.string().regex(/^[a-z-]{1,16}$/);

export const registrationOffer = z.object({
  id: credentialId,
  rawId: credentialId,
  type: z.literal('public-key'),
  response: z.object({
    clientDataJSON: encoded(4096),
    attestationObject: encoded(32_768),
    transports: z.array(transport).max(8).optional(),
  }),
});

export const assertionOffer = z.object({
  id: credentialId,
  rawId: credentialId,
  type: z.literal('public-key'),
  response: z.object({
    clientDataJSON: encoded(4096),
    authenticatorData: encoded(4096),
    signature: encoded(1024),
    userHandle: encoded(64).nullish(),
  }),
});

export type RegistrationOffer = z.infer<typeof registrationOffer>;
export type AssertionOffer = z.infer<typeof assertionOffer>;
