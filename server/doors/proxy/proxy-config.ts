import { z } from 'zod';
import { duration, network } from '../../kernel/setting.ts';

/** The door for proxies: sites that know nothing of signing in, with Sallyport asked about each request. */
export const proxyConfig = z.strictObject({
  trusted: z
    .array(network())
    .optional()
    .describe(
      'Addresses or networks of the proxies that may ask at /gate/check. Those of listen.trustedProxies when it is left out.',
    ),
  certificate: z
    .strictObject({
      header: z
        .string()
        .regex(/^[A-Za-z0-9-]{1,64}$/)
        .describe(
          'The header in which they pass the certificate that a client has proved to hold.',
        ),
      from: z
        .array(network())
        .min(1)
        .describe('The proxies that always set this header, or empty it: no others are believed.'),
    })
    .optional()
    .describe('Client certificates of processes, as proxies pass them on.'),
  entry: duration({ least: '1m', most: '12h' })
    .prefault('30m')
    .describe(
      'For how long the cookie of a site is good, where the site does not say. Then the browser comes by here, unseen while its session lasts, and shows its key.',
    ),
});
export type ProxyConfig = z.infer<typeof proxyConfig>;
