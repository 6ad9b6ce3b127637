import { z } from 'zod';
import { network } from '../../kernel/setting.ts';

export const acmeConfig = z.strictObject({
  enabled: z
    .boolean()
    .default(false)
    .describe('Whether devices get certificates by ACME (RFC 8555), at /acme/directory.'),
  networks: z
    .array(network())
    .default([])
    .describe(
      'Networks of your own in which names are looked at for http-01. ' +
        'Everything else that is not on the public internet is out of reach.',
    ),
  challengePort: z
    .int()
    .min(1)
    .max(65535)
    .default(80)
    .describe('The port at which http-01 is answered. RFC 8555 §8.3 has 80, and others only try.'),
  boundTpms: z
    .boolean()
    .default(false)
    .describe(
      'Whether device-attest-01 takes the word of TPMs alone that were bound to their device (`sallyport tpm bind`).',
    ),
});
