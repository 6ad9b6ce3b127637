/**
 * Posture: what a device tells of itself, signed with its own key. It is the device's word and no more: a device in wrong hands
 * can lie. It is worth having all the same, since a device in the right hands tells what its owner forgot. So policies see it
 * with its age, and `unknown` (the system's tools did not say) is never taken for `no`, nor for `yes`.
 */
import { constants, type KeyObject } from 'node:crypto';
import { PostureAnswer } from '@sallyport/contract/devices.ts';
import { z } from 'zod';
import { MINUTE, SECOND } from '../kernel/clock.ts';
import { failed, ok, type Result } from '../kernel/result.ts';
import type { Device } from './device.ts';
import type { DeviceConfig } from './device-config.ts';

/** Before the report in what is signed: a signature made for anything else is none for a report. */
export const POSTURE_CONTEXT = 'sallyport-posture-v1\n';

const ON_CURVES: Readonly<Record<string, readonly [hash: string, length: number]>> = {
  prime256v1: ['sha256', 64],
  secp384r1: ['sha384', 96],
  secp521r1: ['sha512', 132],
};
const PSS = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 } as const;

/**
 * How each kind of key signs a report, all that certificates for devices are issued for: Ed25519 (RFC 8032), ECDSA with r ‖ s, and
 * RSASSA-PSS with SHA-256 (RFC 8017 §8.1). Undefined for any other.
 */
export function postureSigning(key: KeyObject) {
  const { namedCurve = '', modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'ed25519') return { hash: null, how: {}, length: 64 } as const;
  if (key.asymmetricKeyType === 'rsa') {
    return { hash: 'sha256', how: PSS, length: Math.ceil(modulusLength / 8) } as const;
  }
  const curve = Object.hasOwn(ON_CURVES, namedCurve) ? ON_CURVES[namedCurve] : undefined;
  if (curve === undefined) return undefined;
  return { hash: curve[0], how: { dsaEncoding: 'ieee-p1363' }, length: curve[1] } as const;
}

const line = (most: number) =>
  z
    .string()
    .max(most)
    .regex(/^[^\p{C}\p{Zl}\p{Zp}]*$/u);

export const PostureReport = z.strictObject({
  /** The Sallyport that it is for: a report to one is no report to another. */
  audience: z.string().min(1).max(256),
  /** The name of the device, as it knows itself; whose report it is follows from the key alone. */
  madeAt: z.iso.datetime(),
  diskEncrypted: PostureAnswer,
  screenLock: PostureAnswer,
  secureBoot: PostureAnswer,
  /** The operating system and its version, as it says. */
  system: line(128),
});
export type PostureReport = z.infer<typeof PostureReport>;

/** A clock may be so much off, either way; and a report is of no use to whoever finds it later. */
const OFF = 5 * MINUTE;

export function readPosture(
  text: string,
  { audience, now }: { readonly audience: string; readonly now: number },
): Result<{ readonly report: PostureReport; readonly at: number }, 'malformed' | 'expired'> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return failed('malformed');
  }
  const read = PostureReport.safeParse(value);
  if (!read.success || read.data.audience !== audience) return failed('malformed');
  const at = Date.parse(read.data.madeAt);
  return Math.abs(now - at) > OFF ? failed('expired') : ok({ report: read.data, at });
}

export interface KnownPosture extends Omit<PostureReport, 'audience' | 'madeAt'> {
  readonly at: number;
}

export function postureOf({ posture, postureAt }: Device): KnownPosture | undefined {
  if (posture === undefined || postureAt === undefined) return undefined;
  const { diskEncrypted, screenLock, secureBoot, system } = JSON.parse(posture) as PostureReport; // As it was taken.
  return { diskEncrypted, screenLock, secureBoot, system, at: postureAt };
}

/** What policies are told of a device, as `context.device`. */
export interface DeviceFacts {
  /** It is in the inventory, and active. */
  readonly known: boolean;
  /** It told of itself not long ago, and all that the configuration asks for with yes. */
  readonly compliant: boolean;
  readonly diskEncrypted: PostureAnswer;
  readonly screenLock: PostureAnswer;
  readonly secureBoot: PostureAnswer;
  /** The operating system and its version; '' where that is not known. */
  readonly system: string;
  /** Seconds since it told of itself; absent where it never did. */
  readonly postureAge?: number;
}

const UNKNOWN_DEVICE: DeviceFacts = Object.freeze({
  known: false,
  compliant: false,
  diskEncrypted: 'unknown',
  screenLock: 'unknown',
  secureBoot: 'unknown',
  system: '',
});

export function factsOf(
  device: Device | undefined,
  { postureGoodFor, compliant }: Pick<DeviceConfig, 'postureGoodFor' | 'compliant'>,
  now: number,
): DeviceFacts {
  if (device === undefined || device.status !== 'active') return UNKNOWN_DEVICE;
  const posture = postureOf(device);
  if (posture === undefined) return { ...UNKNOWN_DEVICE, known: true };
  const age = Math.max(0, now - posture.at);
  const fresh = age <= postureGoodFor;
  const { at: _, ...told } = posture;
  return {
    // What was so long ago is not known to be so now.
    ...(fresh ? told : UNKNOWN_DEVICE),
    known: true,
    compliant: fresh && compliant.every((part) => posture[part] === 'yes'),
    postureAge: Math.floor(age / SECOND),
  };
}
