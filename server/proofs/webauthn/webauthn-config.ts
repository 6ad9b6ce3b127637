import { z } from 'zod';

const authenticator = z.strictObject({
  aaguid: z
    .uuid()
    .transform((text) => text.toLowerCase())
    .describe('The AAGUID of a model, as its maker publishes it.'),
  name: z
    .string()
    .max(64)
    .optional()
    .describe('What the model is called, for people who read this.'),
  roots: z
    .array(z.string().max(16_384))
    .max(16)
    .default([])
    .describe(
      'PEM certificates that its attestation must lead to. Without any, the AAGUID is a claim.',
    ),
});

export const webauthnConfig = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(64)
    .default('Sallyport')
    .describe('The name that browsers show when they ask for a passkey.'),
  rpId: z
    .hostname()
    .optional()
    .describe(
      'The domain that passkeys are bound to: the host of `listen.origin`, or a domain above it. It can’t be changed later without losing every passkey. Left out, it is the host.',
    ),
  attestation: z
    .enum(['none', 'direct'])
    .optional()
    .describe(
      'Whether browsers are asked for the maker’s attestation, which some confirm with the person. By default only when authenticators are listed.',
    ),
  authenticators: z
    .array(authenticator)
    .max(256)
    .default([])
    .describe('The only models that may be enrolled; any when empty.'),
  refuseRegressions: z
    .boolean()
    .default(false)
    .describe('Whether a signature count that went back is refused, not only put on record.'),
  several: z
    .int()
    .min(1)
    .max(32)
    .default(10)
    .describe('How many passkeys and security keys a person may hold.'),
});

export type WebauthnConfig = z.infer<typeof webauthnConfig>;
