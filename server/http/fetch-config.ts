import { z } from 'zod';
import { network } from '../kernel/setting.ts';

export const fetchConfig = z.strictObject({
  networks: z
    .array(network())
    .default([])
    .describe(
      'Networks of your own in which keys and revocation lists may be fetched and applications be told of sign-outs, ' +
        'such as the one of your own issuer. ' +
        'Everything else that is not on the public internet is out of reach.',
    ),
});
