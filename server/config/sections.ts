/**
 * The configuration: every room's own section, put together in one table. This is the file to read first here.
 *
 * To add a setting, add it to the section of the room that uses it, with a default and a sentence; to add a section, write a
 * `*-config.ts` beside the room's code and a line here. `npm run check -- --write` then renews docs/configuration.md and the
 * JSON Schema. Nothing else changes: reading the file, SALLYPORT_* variables, suggestions and `config show` all follow from it.
 */
import { z } from 'zod';
import { authorityConfig } from '../authority/x509/authority-config.ts';
import { acmeConfig } from '../doors/acme/acme-config.ts';
import { cardsConfig } from '../doors/cards/cards-config.ts';
import { estConfig } from '../doors/est/est-config.ts';
import { oidcConfig } from '../doors/oidc/oidc-config.ts';
import { pkiConfig } from '../doors/pki/pki-config.ts';
import { proxyConfig } from '../doors/proxy/proxy-config.ts';
import { radiusConfig } from '../doors/radius/radius-config.ts';
import { spiffeConfig } from '../doors/spiffe/spiffe-config.ts';
import { tacacsConfig } from '../doors/tacacs/tacacs-config.ts';
import { webConfig } from '../doors/web/web-config.ts';
import { gateConfig } from '../gate/gate-config.ts';
import { commandConfig } from '../gate/network/command-config.ts';
import { fetchConfig } from '../http/fetch-config.ts';
import { ListenConfig } from '../http/listen-config.ts';
import { metricsConfig } from '../http/metrics-config.ts';
import { policyConfig } from '../policy/policy-config.ts';
import { cardConfig } from '../proofs/card/card-config.ts';
import { passConfig } from '../proofs/pass/pass-config.ts';
import { passwordConfig } from '../proofs/password/password-config.ts';
import { recoveryConfig } from '../proofs/recovery/recovery-config.ts';
import { totpConfig } from '../proofs/totp/totp-config.ts';
import { upstreamConfig } from '../proofs/upstream/upstream-config.ts';
import { webauthnConfig } from '../proofs/webauthn/webauthn-config.ts';
import { recordConfig } from '../record/record-config.ts';
import { databaseConfig, dataConfig } from '../store/store-config.ts';
import { deviceConfig } from '../subjects/device-config.ts';
import { processConfig } from '../subjects/process-config.ts';
import { vaultConfig } from '../vault/vault-config.ts';
import { logConfig } from './log-config.ts';
import { mailConfig } from './mail-config.ts';

const proofsConfig = z.strictObject({
  password: passwordConfig.prefault({}).describe('What people know and type.'),
  totp: totpConfig.prefault({}).describe('Codes from an authenticator app or token.'),
  webauthn: webauthnConfig.prefault({}).describe('Passkeys and security keys.'),
  card: cardConfig.prefault({}).describe('Smart cards and other certificates of people.'),
  upstream: upstreamConfig
    .prefault({})
    .describe('Codes that a RADIUS server of somebody else’s judges: Duo, SafeNet, RSA.'),
  recovery: recoveryConfig.prefault({}).describe('Codes kept for the day when all else is lost.'),
  pass: passConfig
    .prefault({})
    .describe('Temporary access passes, with which proofs are enrolled.'),
});

export const configSchema = z.strictObject({
  listen: ListenConfig.prefault({}).describe('Where Sallyport listens for browsers and clients.'),
  fetch: fetchConfig
    .prefault({})
    .describe(
      'Fetching what others publish: keys of processes and of their issuers, and revocation lists.',
    ),
  metrics: metricsConfig.prefault({}).describe('Who may read the metrics.'),
  data: dataConfig,
  database: databaseConfig,
  vault: vaultConfig.prefault({}).describe('The keys that seal what is kept.'),
  record: recordConfig.prefault({}).describe('The tamper-evident record.'),
  policy: policyConfig.prefault({}).describe('The policies that the gate judges by.'),
  gate: gateConfig.prefault({}).describe('Sign-ins, sessions and throttles.'),
  authority: authorityConfig
    .prefault({})
    .describe('Certificates: what the own authority is called, and where its lists are found.'),
  pki: pkiConfig
    .prefault({})
    .describe('Lists and certificates of the own authority, by plain HTTP.'),
  proofs: proofsConfig.prefault({}).describe('The kinds of proofs that people hold.'),
  processes: processConfig
    .prefault({})
    .describe('What is reported of programs that prove themselves.'),
  devices: deviceConfig
    .prefault({})
    .describe('What is reported of devices, and what they must tell of themselves.'),
  web: webConfig.prefault({}).describe('The pages that people see.'),
  oidc: oidcConfig.prefault({}).describe('Signing people in to applications.'),
  proxy: proxyConfig.prefault({}).describe('The door for proxies, which ask for each request.'),
  cards: cardsConfig.prefault({}).describe('The port at which people show smart cards.'),
  spiffe: spiffeConfig
    .prefault({})
    .describe('Identities for programs of this machine: the SPIFFE Workload API.'),
  est: estConfig.prefault({}).describe('Certificates for devices by EST (RFC 7030).'),
  acme: acmeConfig.prefault({}).describe('Certificates for devices by ACME (RFC 8555).'),
  radius: radiusConfig
    .prefault({})
    .describe('The door for network devices that speak RADIUS: VPN, Wi-Fi, switches.'),
  tacacs: tacacsConfig
    .prefault({})
    .describe('The door for TACACS+: logins and commands at network devices.'),
  commands: commandConfig
    .prefault({})
    .describe(
      'Commands at network devices, and windows for changes, as policies are told of them.',
    ),
  mail: mailConfig.prefault({}).describe('How mail is sent.'),
  log: logConfig.prefault({}).describe('What is told on standard output.'),
});

export type Config = z.output<typeof configSchema>;
