import { join } from 'node:path';
import { TrustDomain } from '@sallyport/contract/workloads.ts';
import { z } from 'zod';
import { duration, path } from '../../kernel/setting.ts';

/** The SPIFFE Workload API: identities for programs of this machine, on a Unix socket. Linux alone. */
export const spiffeConfig = z.strictObject({
  enabled: z.boolean().default(false).describe('Serve the Workload API. Linux alone.'),
  socket: path()
    .optional()
    .describe(
      'Where the socket is made: in a folder that nobody else may write into. workload.sock in `data`, when it is left out, which only this user reaches.',
    ),
  trustDomain: TrustDomain.optional().describe(
    'The name before each identity: spiffe://TRUST-DOMAIN/process/NAME. The host of listen.origin when it is left out.',
  ),
  lifetime: duration({ least: '2m', most: '24h' })
    .prefault('1h')
    .describe(
      'How long a certificate (X.509-SVID) is good; another takes its place at half of it.',
    ),
  tokenLifetime: duration({ least: '30s', most: '15m' })
    .prefault('5m')
    .describe(
      'How long a token (JWT-SVID) is good. Nobody else can be told that one is not, so it is short.',
    ),
});

/** Where the socket is, given the folder of the house. */
export const workloadSocket = (
  { socket }: { readonly socket?: string | undefined },
  data: string,
) => socket ?? join(data, 'workload.sock');
