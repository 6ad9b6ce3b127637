import { z } from 'zod';

const oid = z.string().regex(/^[0-2](\.(0|[1-9]\d{0,15})){1,32}$/, {
  error: 'must be an object identifier such as 2.16.840.1.101.3.2.1.3.13',
});

/** Smart cards and other certificates of people. */
export const cardConfig = z.strictObject({
  several: z.int().min(1).max(10).default(3).describe('How many cards a person may have.'),
  withPin: z
    .strictObject({
      policies: z
        .array(oid)
        .default([])
        .describe(
          'Certificate policies whose CA has promised that the key never leaves a card that asks for a PIN each time.',
        ),
      authorities: z
        .array(z.string().min(1).max(64))
        .default([])
        .describe(
          'Trusted authorities that promise it of every certificate of theirs, by the name under which they were imported.',
        ),
      own: z
        .boolean()
        .default(false)
        .describe(
          'Whether that is so of every certificate that our own authority issues to people.',
        ),
    })
    .prefault({})
    .describe(
      'Which certificates count as two kinds of proof, the card and its PIN, and as bound to hardware. None, unless it is said here: a certificate may as well lie in a file.',
    ),
});
export type CardConfig = z.infer<typeof cardConfig>;
