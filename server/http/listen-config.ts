import { z } from 'zod';
import { network, path } from '../kernel/setting.ts';

/** Where Sallyport listens for HTTP. Without TLS it listens on this computer alone. */
export const ListenConfig = z.strictObject({
  host: z
    .string()
    .min(1)
    .default('localhost')
    .describe('Name or address to listen on. Anything but this computer itself needs `tls`.'),
  port: z
    .int()
    .min(0)
    .max(65535)
    .default(8080)
    .describe('Port to listen on; 0 takes any free one.'),
  workers: z
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe(
      'Processes that share the port, each with connections of its own to the database. More than one wants a PostgreSQL.',
    ),
  origin: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe(
      'The address that people type, such as https://signin.example.com. Passkeys are bound to its host: where that changes, people set up new ones with a pass. ' +
        'A proxy in front has to pass on that host (in nginx `proxy_set_header Host $host`). Made from host and port when it is left out.',
    ),
  tls: z
    .strictObject({
      certificate: path().optional().describe('File with the certificate and its chain, in PEM.'),
      key: path().optional().describe('File with the private key, in PEM.'),
      own: z
        .boolean()
        .default(false)
        .describe(
          'In place of files: a certificate of the own authority, which Sallyport makes and renews itself.',
        ),
      clientCertificates: z
        .boolean()
        .default(false)
        .describe(
          'Ask clients for a certificate, with which processes prove themselves. Browsers that have one may ask their people which to show.',
        ),
    })
    .refine(
      ({ certificate, key, own }) =>
        own ? (certificate ?? key) === undefined : certificate !== undefined && key !== undefined,
      { error: 'must name a certificate and a key, or say own: true and name neither' },
    )
    .optional()
    .describe(
      'Serve HTTPS with these files, or with a certificate of one’s own (TLS 1.2 or newer).',
    ),
  trustedProxies: z
    .array(network())
    .default([])
    .describe(
      'Addresses or networks of your reverse proxies: only from these is X-Forwarded-For believed.',
    ),
  trustedNetworks: z
    .array(network())
    .default([])
    .describe(
      'Networks that policies may call trusted (`context.trustedNetwork`), such as those of your sites.',
    ),
});
export type ListenConfig = z.infer<typeof ListenConfig>;
