import { z } from 'zod';
import { keptWaitingConfig } from '../../gate/network/kept-waiting-config.ts';
import { duration } from '../../kernel/setting.ts';
import { MOST_BODY } from '../../wire/tacacs/header.ts';

const port = (usual: number) => z.int().min(0).max(65535).default(usual);

/** The door for TACACS+: people who administer network devices, and each command that they run there. */
export const tacacsConfig = z.strictObject({
  enabled: z.boolean().default(false).describe('Listen for network devices.'),
  host: z.string().min(1).default('0.0.0.0').describe('Name or address to listen on.'),
  plain: z
    .boolean()
    .default(true)
    .describe(
      'Speak TACACS+ with a shared secret (RFC 8907), which hides what is said from nobody who has the time to guess it. Turn it off once every device speaks TLS.',
    ),
  port: port(49).describe('TCP port for that.'),
  tls: z
    .boolean()
    .default(true)
    .describe(
      'Speak TACACS+ over TLS 1.3 with certificates on both sides (RFC 9887). Ours is of our own authority, made and renewed without being asked for.',
    ),
  tlsPort: port(300).describe('TCP port for that.'),
  connections: z
    .int()
    .min(1)
    .max(100_000)
    .default(2000)
    .describe('How many connections there may be at once; the next are closed.'),
  idle: duration({ least: '5s', most: '24h' })
    .prefault('10m')
    .describe('After this long without a packet a connection is closed.'),
  login: duration({ least: '10s', most: '10m' })
    .prefault('2m')
    .describe('For how long somebody may take over a prompt.'),
  largest: z
    .int()
    .min(1024)
    .max(MOST_BODY)
    .default(MOST_BODY)
    .describe('Octets that the body of a packet may have at most.'),
  approve: z
    .strictObject({
      enabled: z
        .boolean()
        .default(true)
        .describe(
          'Let people whose password was right show a passkey in the browser, where a policy wants one, while the device shows a number at its prompt.',
        ),
      ...keptWaitingConfig,
    })
    .prefault({})
    .describe('Logins that are approved with a passkey in the browser.'),
  codePrompt: z
    .enum(['data', 'password'])
    .default('data')
    .describe(
      'How a device is told to ask for a code: as data (GETDATA), or as one more password (GETPASS), for devices that know only that.',
    ),
});
export type TacacsConfig = z.infer<typeof tacacsConfig>;
