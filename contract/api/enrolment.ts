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
};
