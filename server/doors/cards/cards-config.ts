import { z } from 'zod';
import { network, path } from '../../kernel/setting.ts';

/** The port at which people show smart cards. */
export const cardsConfig = z.strictObject({
  enabled: z.boolean().default(false).describe('Let people sign in with smart cards.'),
  host: z.string().min(1).default('localhost').describe('Name or address to listen on.'),
  port: z
    .int()
    .min(0)
    .max(65535)
    .default(8443)
    .describe('Port to listen on; 0 takes any free one.'),
  origin: z
    .url({ protocol: /^https$/ })
    .optional()
    .describe(
      'The address at which browsers reach it. The host of listen.origin with this port, when it is left out.',
    ),
  tls: z
    .strictObject({
      certificate: path().describe('File with the certificate and its chain, in PEM.'),
      key: path().describe('File with the private key, in PEM.'),
    })
    .optional()
    .describe('Serve it with these files. Those of listen.tls, when it is left out.'),
  proxy: z
    .strictObject({
      header: z
        .string()
        .regex(/^[A-Za-z0-9-]{1,64}$/)
        .describe('The header in which it passes the certificate that a browser has shown.'),
      from: z
        .array(network())
        .min(1)
        .describe('The proxies that always set this header, or empty it: no others are answered.'),
    })
    .optional()
    .describe(
      'Let a proxy do the handshake: the port then speaks plain HTTP, and to that proxy alone.',
    ),
});
