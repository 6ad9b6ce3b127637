/** What is told of devices: machines that prove themselves. */
import { z } from 'zod';
import { DeviceKind, DeviceProofKind, DeviceSecretKind, PostureAnswer } from '../devices.ts';
import { kind, time, word, words } from './event-kind.ts';

const oneProof = z.strictObject({ name: word, proof: word, kind: DeviceProofKind });

export const deviceEvents = {
  'device.created': kind(
    ['account', 1],
    'low',
    ['done'],
    z.strictObject({ name: word, kind: DeviceKind, zone: word, owner: word.optional() }),
    '{actor} added the device {name} ({kind}).',
  ),
  'device.changed': kind(
    ['account', 99],
    'low',
    ['done'],
    z.strictObject({
      name: word,
      kind: DeviceKind,
      zone: word,
      fields: words,
      owner: word.optional(),
    }),
    '{actor} changed {fields} of the device {name}.',
  ),
  'device.disabled': kind(
    ['account', 5],
    'medium',
    ['done'],
    z.strictObject({ name: word }),
    '{actor} disabled the device {name}.',
  ),
  'device.enabled': kind(
    ['account', 2],
    'low',
    ['done'],
    z.strictObject({ name: word }),
    '{actor} enabled the device {name}.',
  ),
  'device.retired': kind(
    ['account', 6],
    'medium',
    ['done'],
    z.strictObject({ name: word }),
    '{actor} retired the device {name} for good.',
  ),
  'device.proof-added': kind(
    ['account', 10],
    'medium',
    ['done'],
    z.strictObject({
      name: word,
      proof: word,
      kind: DeviceProofKind,
      until: time.optional(),
      replaces: word.optional(),
      weak: z.literal(true).optional(),
      /** Of a secret: until when the one before is taken too. */
      overlapUntil: time.optional(),
    }),
    '{actor} added a proof ({kind}) to the device {name}.',
  ),
  'device.proof-ended': kind(
    ['account', 11],
    'medium',
    ['done'],
    oneProof,
    'A proof ({kind}) of the device {name} ended.',
  ),
  /** While a secret and the one before are both taken: which of them the device spoke with, once an hour for each. */
  'device.secret-used': kind(
    ['account', 99],
    'informational',
    ['done'],
    z.strictObject({
      name: word,
      proof: word,
      kind: DeviceSecretKind,
      which: z.enum(['new', 'old']),
    }),
    'The device {name} spoke with its {which} secret ({kind}).',
  ),
  'device.proof-expired': kind(
    ['account', 11],
    'medium',
    ['done'],
    oneProof,
    'A proof ({kind}) of the device {name} expired.',
  ),
  /** From now on the device is refused what it rested on: whoever answers for the exception should hear of it. */
  'device.exception-expired': kind(
    ['finding', 1],
    'high',
    ['done'],
    oneProof,
    'The exception ({kind}) for the device {name} expired; it is refused from now on.',
  ),
  'device.posture-reported': kind(
    ['account', 99],
    'informational',
    ['done'],
    z.strictObject({
      name: word,
      proof: word.optional(),
      madeAt: time,
      diskEncrypted: PostureAnswer,
      screenLock: PostureAnswer,
      secureBoot: PostureAnswer,
      system: word,
    }),
    '{subject} reported its posture: disk encrypted {diskEncrypted}, screen lock {screenLock}, secure boot {secureBoot}; {system}.',
  ),
  /** `malformed`, `wrong` (its signature), `not-held` (another device’s key), `expired` (made too long ago), `used` (sent again). */
  'device.posture-refused': kind(
    ['account', 99],
    'medium',
    ['refused'],
    z.strictObject({ name: word.optional() }),
    'A posture report was refused: {reason}.',
  ),
};
