import { z } from 'zod';

/** What a device is. Closed: policies call network devices by these (`kind:switch`). */
export const deviceKinds = [
  'workstation',
  'phone',
  'server',
  'switch',
  'router',
  'access-point',
  'firewall',
  'vpn',
  'controller',
  'rtu',
  'gateway',
  'printer',
  'other',
] as const;
export const DeviceKind = z.enum(deviceKinds);
export type DeviceKind = z.infer<typeof DeviceKind>;

/** A retired device comes back by no way: its name, MAC address and serial number are free for another. */
export const deviceStatuses = ['active', 'disabled', 'retired'] as const;
export const DeviceStatus = z.enum(deviceStatuses);
export type DeviceStatus = z.infer<typeof DeviceStatus>;

/** What stands in for a proof that a device can't show. Each has an owner, a reason, a control and an end. */
const deviceExceptionKinds = ['mac', 'without-message-authenticator'] as const;
export const DeviceExceptionKind = z.enum(deviceExceptionKinds);
export type DeviceExceptionKind = z.infer<typeof DeviceExceptionKind>;

/** How a device proves itself, strongest first; exceptions last. Closed: a new kind adds its word here first. */
const deviceProofKinds = [
  'certificate',
  'key',
  'tpm',
  'radius',
  'tacacs',
  ...deviceExceptionKinds,
] as const;
export const DeviceProofKind = z.enum(deviceProofKinds);
export type DeviceProofKind = z.infer<typeof DeviceProofKind>;

/** What two sides share: network devices that speak RADIUS (RFC 2865 §3) or TACACS+ (RFC 8907 §4.5). */
export const deviceSecretKinds = ['radius', 'tacacs'] as const;
export const DeviceSecretKind = z.enum(deviceSecretKinds);
export type DeviceSecretKind = z.infer<typeof DeviceSecretKind>;

export function isDeviceException(kind: DeviceProofKind): kind is DeviceExceptionKind {
  return (deviceExceptionKinds as readonly string[]).includes(kind);
}

/**
 * A MAC address (EUI-48) in any of the usual spellings, as `02:00:5e:10:00:01`; undefined for what is none, and for those that
 * no single device has: groups (the lowest bit of the first octet) and zero.
 */
export function readMac(text: string): string | undefined {
  const plain =
    /^(?:[0-9a-f]{2}(?:([:-])[0-9a-f]{2})(?:\1[0-9a-f]{2}){4}|[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}|[0-9a-f]{12})$/i;
  if (!plain.test(text)) return undefined;
  const digits = text.replace(/[^0-9a-f]/gi, '').toLowerCase();
  if (/^0+$/.test(digits) || Number.parseInt(digits.slice(0, 2), 16) % 2 === 1) return undefined;
  return digits.replace(/..(?=.)/g, '$&:');
}

/** The part of the network that a device stands in; '' for none. */
export const Zone = z.string().regex(/^(?:[a-z0-9][a-z0-9._-]{0,63})?$/, {
  error: 'must be small letters, digits, dots, hyphens and underscores, 64 at most',
});

export const Serial = z.string().regex(/^[\x21-\x7e](?:[\x20-\x7e]{0,62}[\x21-\x7e])?$/, {
  error: 'must be 1 to 64 printable characters',
});

/** What is weak about a device, worst first. Reported in lists and by `doctor`. */
export const deviceWeaknesses = {
  'exception-expired': 'an exception for it has ended',
  exception: 'it rests on an exception',
  orphaned: 'nobody answers for it, or for an exception of its',
  'weak-secret': 'its shared secret is weak',
  overlap: 'its shared secret of before is still taken beside the new one',
  'no-proof': 'it can’t prove itself',
  ended: 'a proof of its has ended',
  'ends-soon': 'a certificate, another proof or an exception of its ends soon',
} as const;
export type DeviceWeakness = keyof typeof deviceWeaknesses;
export const deviceWeaknessCodes = Object.keys(deviceWeaknesses) as [
  DeviceWeakness,
  ...DeviceWeakness[],
]; // There is at least one.

/** What a device tells of itself. `unknown` is what its system's own tools could not tell: never the same as `no`. */
export const postureAnswers = ['yes', 'no', 'unknown'] as const;
export const PostureAnswer = z.enum(postureAnswers);
export type PostureAnswer = z.infer<typeof PostureAnswer>;
