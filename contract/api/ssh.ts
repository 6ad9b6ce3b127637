/** SSH certificates: for people who log in at hosts, for those hosts, and the keys that sign both. */
import { z } from 'zod';
import { PlainName } from '../processes.ts';
import { operation } from './operation.ts';
import { Id, line, Time } from './parts.ts';

const Kind = z.enum(['user', 'host']);

const PublicKey = line(z.string().trim().min(1).max(16_384)).describe(
  'One line as in a `.pub` file: the type, the key in base64, a comment perhaps.',
);

const Serial = z.string().regex(/^[1-9]\d{0,15}$/, { error: 'must be a serial number' });

/** As people type it: a name in small letters, or an address. */
const HostName = z.string().regex(/^(?=.{1,253}$)[a-z0-9](?:[a-z0-9.:-]*[a-z0-9])?$/, {
  error: 'must be a host in small letters, such as web1.example.com, or an address',
});

const Certificate = {
  serial: z.string(),
  keyId: z.string().describe('Whom it names: what sshd writes into its log.'),
  principals: z.array(z.string()),
  certificate: z.string().describe('The line of a `-cert.pub` file.'),
  fingerprint: z.string().describe('Of the key, as `ssh-keygen -l` prints it.'),
  validAfter: Time,
  expiresAt: Time,
};

const Key = z
  .strictObject({
    kind: Kind,
    version: z.int(),
    state: z.enum(['next', 'active', 'retiring', 'gone']),
    publicKey: z.string().describe('As in a `.pub` file.'),
    fingerprint: z.string(),
    createdAt: Time,
    signsFrom: Time,
    signsUntil: Time.nullable(),
    goneAt: Time.nullable(),
    void: z.boolean().describe('It was ended at once, and stands in the revocation list.'),
  })
  .meta({ id: 'SshAuthorityKey', description: 'A key that signs SSH certificates.' });

export const sshOperations = {
  logInBySsh: operation({
    method: 'POST',
    path: '/ssh/certificates',
    tag: 'SSH',
    summary: 'Get a certificate for a host',
    description:
      'For oneself, for one account on one host, good for minutes. The policies judge `logIn` on that host and say what the certificate is good for.',
    for: 'session',
    body: z.strictObject({
      host: PlainName.describe('The name of the device.'),
      account: z
        .string()
        .min(1)
        .max(32)
        .optional()
        .describe('An account on it; may be left out where there is one choice only.'),
      publicKey: PublicKey,
    }),
    answer: {
      status: 201,
      says: 'The certificate.',
      body: z.strictObject({
        ...Certificate,
        host: z.string(),
        account: z.string(),
        command: z.string().nullable().describe('What is run whatever is asked for.'),
        sources: z.array(z.string()).describe('From where it may be used; none for anywhere.'),
        allow: z.array(z.string()),
        hostAuthorities: z.array(z.string()).describe('Keys that sign for hosts.'),
      }),
    },
    problems: ['not-found', 'ssh-key-not-valid', 'ssh-account-refused', 'ssh-terms-conflict'],
  }),
  listSshCertificates: operation({
    method: 'GET',
    path: '/ssh/certificates',
    tag: 'SSH',
    summary: 'List the certificates that have not expired',
    for: 'session',
    answer: {
      status: 200,
      says: 'The newest first, a thousand at most.',
      body: z.strictObject({
        items: z.array(
          z.strictObject({
            serial: z.string(),
            kind: Kind,
            subject: Id,
            subjectName: z
              .string()
              .nullable()
              .describe('What its person signs in as, or the host; null of who is erased.'),
            host: z.string(),
            principals: z
              .array(z.string())
              .describe('Accounts, `self` for the person’s own name; or the names of the host.'),
            fingerprint: z.string(),
            issuedAt: Time,
            expiresAt: Time,
            revokedAt: Time.nullable().describe('When somebody revoked it by itself.'),
            good: z.boolean().describe('Not revoked, and its person and session stand.'),
          }),
        ),
      }),
    },
    problems: [],
  }),
  revokeSshCertificate: operation({
    method: 'DELETE',
    path: '/ssh/certificates/{serial}',
    tag: 'SSH',
    summary: 'Revoke a certificate',
    description: 'Hosts refuse it once they have fetched the list of revoked ones again.',
    for: 'session',
    params: z.strictObject({ serial: Serial }),
    answer: { status: 204, says: 'It stands in the list.' },
    problems: ['not-found'],
  }),
  revokeSshKey: operation({
    method: 'POST',
    path: '/ssh/revoked-keys',
    tag: 'SSH',
    summary: 'Revoke a key',
    description:
      'Nobody comes with it again, whatever certificate is with it. It stays in the list.',
    for: 'session',
    body: z.strictObject({ publicKey: PublicKey }),
    answer: { status: 204, says: 'It stands in the list.' },
    problems: ['ssh-key-not-valid'],
  }),
  issueSshHostCertificate: operation({
    method: 'POST',
    path: '/ssh/host-certificates',
    tag: 'SSH',
    summary: 'Get a certificate for a host’s own key',
    for: 'session',
    body: z.strictObject({
      device: PlainName.describe('The name of the device: the first of its names.'),
      names: z.array(HostName).max(32).default([]).describe('Others that people type.'),
      publicKey: PublicKey.describe('Of the host: /etc/ssh/ssh_host_ed25519_key.pub.'),
      days: z.int().min(1).max(90).default(30),
    }),
    answer: { status: 201, says: 'The certificate.', body: z.strictObject(Certificate) },
    problems: ['not-found', 'ssh-key-not-valid'],
  }),
  listSshKeys: operation({
    method: 'GET',
    path: '/ssh/keys',
    tag: 'SSH',
    summary: 'List the keys that sign SSH certificates',
    for: 'session',
    answer: {
      status: 200,
      says: 'The newest of each kind first.',
      body: z.strictObject({ keys: z.array(Key) }),
    },
    problems: [],
  }),
  rotateSshKeys: operation({
    method: 'POST',
    path: '/ssh/keys/rotate',
    tag: 'SSH',
    summary: 'Rotate a key that signs SSH certificates',
    description:
      'The next key is published, and signs a day later, when every host trusts it; the one before it is trusted until the last certificate under it has expired.',
    for: 'session',
    body: z.strictObject({
      kind: Kind,
      at: z
        .enum(['overlap', 'once'])
        .default('overlap')
        .describe(
          '`once` is for a key in wrong hands: it is void at once, with all that it signed.',
        ),
    }),
    answer: {
      status: 200,
      says: 'The keys as they are now.',
      body: z.strictObject({
        rotated: z.boolean().describe('False when the next key was published already.'),
        keys: z.array(Key),
      }),
    },
    problems: [],
  }),
};
