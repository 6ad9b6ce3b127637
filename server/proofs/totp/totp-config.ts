import { z } from 'zod';

export const totpConfig = z.strictObject({
  issuer: z
    .string()
    .min(1)
    .max(64)
    .regex(/^[^:]*$/, 'must not contain a colon')
    .default('Sallyport')
    .describe('The name that authenticator apps show above the code.'),
  stepsBack: z
    .int()
    .min(0)
    .max(1)
    .default(1)
    .describe('Whether the code before the present one is still accepted (0 or 1).'),
  stepsForward: z
    .int()
    .min(0)
    .max(1)
    .default(1)
    .describe('Whether the code after the present one is already accepted (0 or 1).'),
  maxDrift: z
    .int()
    .min(0)
    .max(4)
    .default(2)
    .describe('How many steps of 30 seconds a token may run fast or slow and still be followed.'),
  several: z
    .int()
    .min(1)
    .max(8)
    .default(4)
    .describe('How many authenticator apps or tokens a person may hold.'),
});

export type TotpConfig = z.infer<typeof totpConfig>;
