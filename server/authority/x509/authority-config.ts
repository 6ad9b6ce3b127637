import { z } from 'zod';
import { duration } from '../../kernel/setting.ts';

/** The X.509 authority. It is made when it is first wanted, and not by a start. */
export const authorityConfig = z.strictObject({
  organisation: z
    .string()
    .min(1)
    .max(40)
    .default('Sallyport')
    .describe('What the names of the root and of the issuing CA begin with.'),
  algorithm: z
    .enum(['ecdsa', 'rsa', 'ed25519'])
    .default('ecdsa')
    .describe(
      'The keys of an authority that is yet to be made: ECDSA with P-256, RSA with 3072 bits, or Ed25519, which fewer devices can check.',
    ),
  address: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe(
      'Where certificates say that revocation lists and OCSP are found: an origin at which /pki is reached, best by plain HTTP. The origin of `listen` when it is left out.',
    ),
  names: z
    .array(
      z.string().regex(/^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|[0-9a-fA-F:.]{2,45})$/, {
        error: 'must be names of hosts in small letters, or addresses',
      }),
    )
    .default([])
    .describe(
      'Names and addresses beside the host of `listen.origin` that own certificates are for.',
    ),
  listsEvery: duration({ least: '5m', most: '30d' })
    .prefault('12h')
    .describe('How long a revocation list is good. A new one is signed with each revocation.'),
  answersFor: duration({ least: '1m', most: '7d' })
    .prefault('1h')
    .describe('How long an answer of OCSP is good.'),
});

export type AuthorityConfig = z.infer<typeof authorityConfig>;
