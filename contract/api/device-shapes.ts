/** What is told of a device, and what is said of one: the shapes that the operations on devices (devices.ts) have in common. */
import { z } from 'zod';
import {
  DeviceKind,
  DeviceProofKind,
  DeviceStatus,
  deviceWeaknesses,
  PostureAnswer,
  readMac,
} from '../devices.ts';
import { owned, weaknessesOf } from './owned-subjects.ts';
import { Id, line, Time } from './parts.ts';

export const DevicePurpose = line(z.string().trim().max(512)).describe(
  'What it is for, for whoever finds it later.',
);

export const Mac = z
  .string()
  .max(32)
  .transform((text, context) => {
    const mac = readMac(text);
    if (mac !== undefined) return mac;
    context.addIssue({
      code: 'custom',
      message: 'must be the MAC address of one device, such as 02:00:5e:10:00:01',
    });
    return z.NEVER;
  })
  .meta({ wire: { type: 'string' } });

export const Addresses = z
  .array(z.string().min(1).max(64))
  .max(32)
  .describe(
    'Networks or addresses from which it speaks as a network client (RADIUS, TACACS+): `192.0.2.7`, `192.0.2.0/24`.',
  );

/** In one line, for whoever has to judge it. */
export const ExceptionWords = line(z.string().trim().min(3).max(512));

const HeldDeviceProof = z
  .strictObject({
    id: Id,
    kind: DeviceProofKind,
    name: z.string(),
    createdAt: Time,
    lastUsedAt: Time.nullable(),
    expiresAt: Time.nullable(),
    shown: z.record(z.string(), z.unknown()).describe('What it is, in public words.'),
    exception: z
      .strictObject({
        owner: Id,
        ownerName: z.string().nullable(),
        reason: z.string(),
        control: z.string().describe('What is done instead: the compensating control.'),
        expired: z.boolean(),
      })
      .nullable()
      .describe('Of an exception: who answers for it, and why.'),
  })
  .meta({ id: 'DeviceProof', description: 'A way in which a device proves itself.' });

const Posture = z
  .strictObject({
    madeAt: Time.describe('By the clock of the device.'),
    ageSeconds: z.int(),
    diskEncrypted: PostureAnswer,
    screenLock: PostureAnswer,
    secureBoot: PostureAnswer,
    system: z.string(),
    compliant: z.boolean(),
  })
  .nullable()
  .describe('What it last told of itself, signed; null where it never did.');

export const Device = z
  .strictObject({
    id: Id,
    name: z.string(),
    kind: DeviceKind,
    status: DeviceStatus,
    ...owned,
    zone: z.string().describe('Empty where it stands in none.'),
    serial: z.string().nullable(),
    mac: z.string().nullable(),
    addresses: z.array(z.string()),
    groups: z.array(z.string()),
    purpose: z.string(),
    proofs: z.array(HeldDeviceProof),
    certificates: z
      .array(
        z.strictObject({
          serial: z.string(),
          profile: z.string(),
          expiresAt: Time,
          lastShownAt: Time.nullable().describe('To ten minutes; of an SSH host never told.'),
          lastShownBy: z.string().nullable().describe('The door to which it was shown.'),
        }),
      )
      .describe(
        'Those of our own authority by which it proves itself, and that are good; `ssh-host` is one of an SSH host.',
      ),
    posture: Posture,
    weaknesses: weaknessesOf(deviceWeaknesses),
    createdAt: Time,
    changedAt: Time,
    lastSeenAt: Time.nullable().describe('To the minute.'),
    lastSeenBy: z.string().nullable().describe('The door by which it came.'),
    lastSeenHow: z.string().nullable().describe('With what it proved itself.'),
    lastSeenFrom: z.string().nullable(),
    lastSeenThrough: z
      .string()
      .nullable()
      .describe('The network device at which it came onto a network then.'),
  })
  .meta({ id: 'Device', description: 'A machine that proves itself.' });

export const AddedDeviceProof = z.strictObject({
  device: Id,
  proof: Id,
  kind: DeviceProofKind,
  expiresAt: Time.nullable(),
  secret: z.string().nullable().describe('Of a secret made here, the secret: shown this once.'),
  replaced: Id.nullable().describe('The one whose place it took.'),
  overlapUntil: Time.nullable().describe('Until when that one is taken too; null where it ended.'),
});
