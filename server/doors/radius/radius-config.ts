import { z } from 'zod';
import { keptWaitingConfig } from '../../gate/network/kept-waiting-config.ts';
import { duration } from '../../kernel/setting.ts';

const port = (of: number, what: string) =>
  z.int().min(0).max(65535).default(of).describe(`${what}; 0 takes any free one.`);

/** The door for network devices that speak RADIUS. */
export const radiusConfig = z.strictObject({
  enabled: z.boolean().default(false).describe('Listen for network devices that speak RADIUS.'),
  host: z
    .union([z.ipv4(), z.ipv6()])
    .meta({ wanted: 'an address' })
    .default('0.0.0.0')
    .describe('Address to listen on; `::` for IPv6, and IPv4 with it.'),
  port: port(1812, 'UDP port for authentication (RFC 2865)'),
  accountingPort: port(1813, 'UDP port for accounting (RFC 2866)'),
  tls: z
    .boolean()
    .default(true)
    .describe('Listen for RADIUS over TLS (RFC 6614) too, with certificates on both sides.'),
  tlsPort: port(2083, 'TCP port for RADIUS over TLS'),
  messageAuthenticator: z
    .enum(['first', 'anywhere'])
    .default('first')
    .describe(
      'Where the Message-Authenticator of a request has to stand. `anywhere` is for devices that sign and put it last; a device that does not sign needs an exception of its own.',
    ),
  answerTime: duration({ least: '10s', most: '10m' })
    .prefault('60s')
    .describe('For how long somebody who was asked for a second proof may take to answer.'),
  codeAppended: z
    .array(z.string().min(1).max(64))
    .default([])
    .describe(
      'Network devices, by name or group, that can’t ask twice: people type their code right behind their password there.',
    ),
  approve: z
    .strictObject({
      enabled: z
        .boolean()
        .default(true)
        .describe(
          'Let people whose password was right show a passkey in the browser, where a policy wants one, while the login waits.',
        ),
      offered: z
        .array(z.string().min(1).max(64))
        .default([])
        .describe(
          'Network devices, by name or group, at which people may choose this where a code would do, too.',
        ),
      shownInTunnel: z
        .array(z.string().min(1).max(64))
        .default([])
        .describe(
          'Network devices, by name or group, at which people come through EAP-TTLS with PAP inside, and are shown what they are asked there (RFC 5281 §11.2.5). Few supplicants do that.',
        ),
      ...keptWaitingConfig,
    })
    .prefault({})
    .describe('Logins that are approved with a passkey in the browser.'),
  eap: z
    .array(z.enum(['tls', 'ttls']))
    .default(['tls', 'ttls'])
    .describe(
      'Methods of 802.1X that are offered, the one to begin with first: `tls` for certificates, `ttls` for people with password and code. None switches it off.',
    ),
  dynamicAuthorization: z
    .strictObject({
      enabled: z
        .boolean()
        .default(true)
        .describe('Tell network devices to end sessions whose ground has gone (RFC 5176).'),
      change: z
        .array(z.string().min(1).max(64))
        .default([])
        .describe(
          'Network devices, by name or group, that take other attributes for a session that goes on (CoA-Request). All others are asked to end it.',
        ),
      port: z
        .int()
        .min(1)
        .max(65535)
        .default(3799)
        .describe('UDP port at which network devices take this.'),
      tlsPort: z
        .int()
        .min(1)
        .max(65535)
        .default(2083)
        .describe(
          'TCP port at which network devices take this that have a certificate and no secret (RFC 6614).',
        ),
    })
    .prefault({})
    .describe('Ending sessions at network devices.'),
});
export type RadiusConfig = z.infer<typeof radiusConfig>;
