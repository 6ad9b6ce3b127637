/** Enrolment passes: one-time secrets by which one device gets certificates, at the EST and ACME doors. */
import { z } from 'zod';
import { enrolmentPassStates, HostName, KeyFingerprint, passLimits } from '../enrolment.ts';
import { operation } from './operation.ts';
import { GivenId, Id, Time } from './parts.ts';

const DAY_MINUTES = 24 * 60;

const OfDevice = z
  .strictObject({ id: GivenId.describe('The id of the device, or its name.') })
  .describe('Which device.');

const Pass = z
  .strictObject({
    id: Id,
    state: z
      .enum(enrolmentPassStates)
      .describe('`not-active` while the device is disabled or retired.'),
    uses: z.int(),
    used: z.int(),
    names: z.array(z.string()),
    networks: z.array(z.string()),
    attestationKey: z.string().nullable(),
    createdAt: Time,
    expiresAt: Time,
    withdrawnAt: Time.nullable(),
  })
  .meta({ id: 'DevicePass', description: 'A pass by which a device gets certificates.' });

const Bytes = (most: number) =>
  z
    .string()
    .regex(/^[A-Za-z0-9_-]+$/)
    .max(most);

const ShownTpm = {
  pass: z.string().max(256).describe('The secret of a pass of the device.'),
  endorsement: z
    .array(Bytes(5464))
    .min(1)
    .max(4)
    .describe(
      'The certificate that its maker gave the TPM’s endorsement key, and those above it: DER, in base64url.',
    ),
  attestationKey: Bytes(1368).describe(
    'The public area of its attestation key (TPMT_PUBLIC), in base64url.',
  ),
};

export const enrolmentOperations = {
  listDevicePasses: operation({
    method: 'GET',
    path: '/devices/{id}/passes',
    tag: 'Devices',
    summary: 'List the enrolment passes of a device',
    for: 'session',
    params: OfDevice,
    answer: {
      status: 200,
      says: 'The newest first, a hundred at most.',
      body: z.strictObject({ items: z.array(Pass) }),
    },
    problems: ['not-found'],
  }),
  issueDevicePass: operation({
    method: 'POST',
    path: '/devices/{id}/passes',
    tag: 'Devices',
    summary: 'Make an enrolment pass',
    description:
      'Whoever shows it gets certificates of this device, and of no other. It opens nothing else.',
    for: 'session',
    params: OfDevice,
    body: z.strictObject({
      uses: z.int().min(1).max(passLimits.uses).default(1),
      lifetimeMinutes: z
        .int()
        .min(1)
        .max(passLimits.days * DAY_MINUTES)
        .default(60),
      names: z
        .array(HostName)
        .max(passLimits.names)
        .default([])
        .describe('Names of hosts that its certificates may have beside its own name.'),
      networks: z
        .array(z.string().min(1).max(64))
        .max(passLimits.networks)
        .default([])
        .describe('From where it is good, such as 192.0.2.0/24; anywhere, if none is named.'),
      attestationKey: KeyFingerprint.nullable()
        .default(null)
        .describe('The attestation key of its TPM, for the ACME challenge device-attest-01.'),
    }),
    answer: {
      status: 201,
      says: 'The pass, shown this once.',
      body: z.strictObject({
        id: Id,
        secret: z.string(),
        eab: z
          .strictObject({ kid: z.string(), hmacKey: z.string() })
          .describe('The same for ACME: external account binding (RFC 8555 §7.3.4).'),
        expiresAt: Time,
      }),
    },
    problems: ['not-found', 'device-retired', 'networks-malformed'],
    once: true,
  }),
  withdrawDevicePass: operation({
    method: 'DELETE',
    path: '/devices/{id}/passes/{pass}',
    tag: 'Devices',
    summary: 'Withdraw an enrolment pass',
    description:
      'ACME accounts that were made with it end. Certificates stay until they are revoked.',
    for: 'session',
    params: z.strictObject({
      id: GivenId.describe('The id of the device, or its name.'),
      pass: GivenId,
    }),
    answer: { status: 204, says: 'It is good for nothing any more.' },
    problems: ['not-found'],
  }),
  askTpm: operation({
    method: 'POST',
    path: '/devices/tpm/questions',
    tag: 'Devices',
    summary: 'Ask which TPM a device has',
    description:
      'Gives a secret that this TPM alone can open, and only while it holds that attestation key (TPM2_ActivateCredential).',
    for: 'anyone',
    body: z.strictObject(ShownTpm),
    answer: {
      status: 200,
      says: 'What the TPM is to open.',
      body: z.strictObject({
        credentialBlob: z.string().describe('TPM2B_ID_OBJECT, in base64url.'),
        encryptedSecret: z.string().describe('TPM2B_ENCRYPTED_SECRET, in base64url.'),
        until: Time.describe('When it is over; it goes back with the secret.'),
      }),
    },
    problems: ['tpm-refused', 'throttled'],
  }),
  bindTpm: operation({
    method: 'POST',
    path: '/devices/tpm',
    tag: 'Devices',
    summary: 'Bind a TPM to a device',
    description:
      'Takes a use of the pass. From then on `device-attest-01` takes the word of this attestation key for this device.',
    for: 'anyone',
    body: z.strictObject({
      ...ShownTpm,
      secret: Bytes(64).describe('What the TPM opened, in base64url.'),
      until: Time,
    }),
    answer: {
      status: 201,
      says: 'It is bound.',
      body: z.strictObject({
        device: Id,
        name: z.string(),
        proof: Id,
        attestationKey: z.string().describe('SHA-256 over the key, in base64url.'),
        maker: z.string().describe('What the CA of its maker is called here.'),
      }),
    },
    problems: ['tpm-refused', 'throttled'],
  }),
};
