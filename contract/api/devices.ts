/** Devices: machines that prove themselves. Who answers for them, where they stand, how they prove it. */
import { z } from 'zod';
import { DeviceKind, DeviceProofKind, DeviceStatus, Serial, Zone } from '../devices.ts';
import { PlainName } from '../processes.ts';
import {
  AddedDeviceProof,
  Addresses,
  Device,
  DevicePurpose,
  ExceptionWords,
  Mac,
} from './device-shapes.ts';
import { operation } from './operation.ts';
import { named, namedProof, OnlyOrphaned, OwnGroups, ProofName } from './owned-subjects.ts';
import { GivenId, pageOf, paging, Time } from './parts.ts';

const Named = named('device');
const NamedProof = namedProof('device');

const GIVEN = [
  'name-taken',
  'mac-taken',
  'serial-taken',
  'network-taken',
  'networks-malformed',
  'owner-not-found',
] as const;
const CHANGE = ['not-found', 'device-retired', 'changed-meanwhile'] as const;

/** Of one CSV file. What is larger is cut into several by whoever has it. */
export const importLimits = { bytes: 1 << 20, rows: 2000 } as const;

const changed = { status: 200, says: 'The device as it is now.', body: Device } as const;

export const deviceOperations = {
  listDevices: operation({
    method: 'GET',
    path: '/devices',
    tag: 'Devices',
    summary: 'List devices',
    for: 'session',
    query: z.strictObject({
      ...paging,
      status: DeviceStatus.optional().describe('The retired are listed for `retired` alone.'),
      kind: DeviceKind.optional(),
      zone: Zone.optional(),
      owner: GivenId.optional(),
      orphaned: OnlyOrphaned,
    }),
    answer: { status: 200, says: 'In the order in which they were added.', body: pageOf(Device) },
    problems: ['cursor-not-valid', 'not-found'],
  }),
  addDevice: operation({
    method: 'POST',
    path: '/devices',
    tag: 'Devices',
    summary: 'Add a device',
    description: 'It can do nothing until it has a proof: add one next.',
    for: 'session',
    body: z.strictObject({
      name: PlainName,
      kind: DeviceKind,
      owner: GivenId.describe('The id of the person who answers for it.'),
      zone: Zone.default(''),
      serial: Serial.nullable().default(null),
      mac: Mac.nullable().default(null),
      addresses: Addresses.default([]),
      groups: OwnGroups.default([]),
      purpose: DevicePurpose.default(''),
    }),
    answer: { status: 201, says: 'It is there.', body: Device },
    problems: [...GIVEN, 'changed-meanwhile'],
    once: true,
  }),
  importDevices: operation({
    method: 'POST',
    path: '/devices/import',
    tag: 'Devices',
    summary: 'Add devices from a CSV file',
    description:
      'Looks at the file and tells what it would add, or what is wrong with it line by line. With `apply` it adds all of it, or nothing.',
    for: 'session',
    body: z.strictObject({
      csv: z
        .string()
        .max(importLimits.bytes)
        .describe('RFC 4180, UTF-8, with a first line that names the columns.'),
      apply: z.boolean().default(false),
    }),
    answer: {
      status: 200,
      says: 'What the file says.',
      body: z.strictObject({
        applied: z.boolean(),
        devices: z.array(
          z.strictObject({
            line: z.int(),
            name: z.string(),
            kind: DeviceKind,
            zone: z.string(),
            owner: z.string(),
          }),
        ),
        problems: z.array(
          z.strictObject({ line: z.int(), column: z.string().nullable(), says: z.string() }),
        ),
      }),
    },
    problems: ['changed-meanwhile'],
    bodyBytes: 2 * importLimits.bytes,
  }),
  showDevice: operation({
    method: 'GET',
    path: '/devices/{id}',
    tag: 'Devices',
    summary: 'Show a device',
    for: 'session',
    params: Named,
    answer: { status: 200, says: 'The device.', body: Device },
    problems: ['not-found'],
  }),
  changeDevice: operation({
    method: 'PATCH',
    path: '/devices/{id}',
    tag: 'Devices',
    summary: 'Change a device',
    description: 'What is left out stays; `null` takes it away. What was granted is judged anew.',
    for: 'session',
    params: Named,
    body: z
      .strictObject({
        name: PlainName.optional(),
        kind: DeviceKind.optional(),
        owner: GivenId.optional(),
        zone: Zone.optional(),
        serial: Serial.nullable().optional(),
        mac: Mac.nullable().optional(),
        addresses: Addresses.optional(),
        groups: OwnGroups.optional(),
        purpose: DevicePurpose.optional(),
      })
      .refine((change) => Object.keys(change).length > 0, { error: 'must change something' }),
    answer: changed,
    problems: [...GIVEN, ...CHANGE],
  }),
  disableDevice: operation({
    method: 'POST',
    path: '/devices/{id}/disable',
    tag: 'Devices',
    summary: 'Disable a device',
    description: 'It can’t come in, speaks for nobody, and what it was granted ends at once.',
    for: 'session',
    params: Named,
    answer: changed,
    problems: CHANGE,
  }),
  enableDevice: operation({
    method: 'POST',
    path: '/devices/{id}/enable',
    tag: 'Devices',
    summary: 'Enable a device again',
    for: 'session',
    params: Named,
    answer: changed,
    problems: CHANGE,
  }),
  retireDevice: operation({
    method: 'POST',
    path: '/devices/{id}/retire',
    tag: 'Devices',
    summary: 'Retire a device for good',
    description:
      'Its proofs end, and its name, MAC address and serial number are free for another.',
    for: 'session',
    params: Named,
    answer: changed,
    problems: CHANGE,
  }),
  addDeviceProof: operation({
    method: 'POST',
    path: '/devices/{id}/proofs',
    tag: 'Devices',
    summary: 'Add a proof, or an exception, to a device',
    description:
      'A secret is made here and shown this once, unless one is given; it takes the place of the one before. Exceptions name an `owner`, a `reason`, a `control` and when they end.',
    for: 'session',
    params: Named,
    body: z.strictObject({
      kind: DeviceProofKind,
      name: ProofName.optional(),
      certificate: z.string().max(16_384).optional().describe('One certificate, in PEM.'),
      authority: PlainName.optional().describe('An authority that is trusted here, by its name.'),
      named: z.string().min(1).max(256).optional().describe('What that authority calls it.'),
      publicKey: z.string().max(4096).optional().describe('In PEM: P-256 or Ed25519.'),
      secret: z.string().max(256).optional().describe('One that stands in the device already.'),
      weakBecause: ExceptionWords.optional().describe('Why a weak secret has to do.'),
      overlapUntil: Time.optional().describe(
        'Of a secret: until when the one before is taken too, 30 days at most. Without it that one ends at once.',
      ),
      mac: Mac.optional(),
      owner: GivenId.optional().describe('Of an exception: the id of who answers for it.'),
      reason: ExceptionWords.optional(),
      control: ExceptionWords.optional(),
      expiresAt: Time.optional(),
    }),
    answer: { status: 201, says: 'It is there.', body: AddedDeviceProof },
    problems: [
      'not-found',
      'device-retired',
      'device-proof-not-valid',
      'proof-held-already',
      'owner-not-found',
      'mac-taken',
      'changed-meanwhile',
    ],
    once: true,
  }),
  endDeviceProof: operation({
    method: 'DELETE',
    path: '/devices/{id}/proofs/{proof}',
    tag: 'Devices',
    summary: 'End a proof, or an exception, of a device',
    description: 'What was granted to the device is judged anew.',
    for: 'session',
    params: NamedProof,
    answer: { status: 204, says: 'It has ended.' },
    problems: ['not-found'],
  }),
  reportPosture: operation({
    method: 'POST',
    path: '/devices/posture',
    tag: 'Devices',
    summary: 'Report what a device is like',
    description:
      'What `sallyport posture` sends: the report word for word, signed with the key of the device.',
    for: 'anyone',
    body: z.strictObject({
      report: z.string().min(2).max(4096),
      signature: z
        .string()
        .max(1400)
        .describe(
          'Over `sallyport-posture-v1`, a line feed and the report; in base64url: Ed25519, ECDSA as r ‖ s, or RSASSA-PSS with SHA-256.',
        ),
      key: z.string().max(64).optional().describe('SHA-256 of the registered public key.'),
      certificate: z.string().max(16_384).optional().describe('Or the certificates, in PEM.'),
    }),
    answer: { status: 204, says: 'It was taken.' },
    problems: ['posture-refused', 'throttled'],
  }),
};
