import {
  type DeviceWeakness,
  deviceWeaknessCodes,
  isDeviceException,
} from '@sallyport/contract/devices.ts';
import type { Device } from '../../../subjects/device.ts';
import type { DeviceConfig } from '../../../subjects/device-config.ts';
import type { DeviceProof } from '../../../subjects/device-proof.ts';
import { canAnswer } from '../../../subjects/owned-subject.ts';

export const isOrphaned = ({ owner, ownerStatus }: Pick<Device, 'owner' | 'ownerStatus'>) =>
  owner === undefined || !canAnswer(ownerStatus);

/**
 * What is weak about a device, worst first. What is disabled or retired can't come in, so its proofs are no weakness.
 * `certified` is whether we gave it a certificate that is good, of X.509 or as an SSH host, which stands in no row here.
 */
export function deviceWeaknessesOf(
  device: Pick<Device, 'owner' | 'ownerStatus' | 'status'>,
  proofs: readonly Pick<DeviceProof, 'kind' | 'expiresAt' | 'detail'>[],
  {
    endsSoon,
    certified,
    unrenewed,
    unanswered,
  }: Pick<DeviceConfig, 'endsSoon'> & {
    readonly certified: boolean;
    /** A certificate that we gave it should long have been renewed. */
    readonly unrenewed: boolean;
    /** Whoever answered for one of its exceptions is gone or disabled. */
    readonly unanswered: boolean;
  },
  now: number,
): readonly DeviceWeakness[] {
  if (device.status === 'retired') return [];
  const found = new Set<DeviceWeakness>();
  if (isOrphaned(device) || unanswered) found.add('orphaned');
  if (device.status === 'active') {
    // A TPM vouches for keys, and lets nobody in by itself.
    const good = proofs.filter(
      ({ kind, expiresAt }) => kind !== 'tpm' && (expiresAt === undefined || expiresAt > now),
    );
    if (good.length === 0 && !certified) found.add('no-proof');
    if (unrenewed) found.add('ends-soon');
    for (const { kind, expiresAt, detail } of proofs) {
      const ended = expiresAt !== undefined && expiresAt <= now;
      if ('replacedBy' in detail) {
        // It is to end, and does so by itself.
        if (!ended) found.add('overlap');
      } else if (isDeviceException(kind)) found.add(ended ? 'exception-expired' : 'exception');
      else if (ended) found.add('ended');
      if (!ended && 'weakBecause' in detail) found.add('weak-secret');
      const soon = expiresAt !== undefined && expiresAt <= now + endsSoon;
      if (!ended && soon && !('replacedBy' in detail)) found.add('ends-soon');
    }
  }
  return deviceWeaknessCodes.filter((code) => found.has(code));
}

/**
 * Whether one of those that are good, the last of its profile, ends soon: it was to be renewed at two thirds of its life, and half of
 * what was left then is over.
 */
export function isUnrenewed(
  good: readonly {
    readonly profile: string;
    readonly notBefore: number;
    readonly notAfter: number;
  }[],
  endsSoon: number,
  now: number,
): boolean {
  const last = new Map<string, (typeof good)[number]>();
  for (const one of good) {
    if (one.notAfter > (last.get(one.profile)?.notAfter ?? 0)) last.set(one.profile, one);
  }
  return [...last.values()].some(
    ({ notBefore, notAfter }) => notAfter - now <= Math.min(endsSoon, (notAfter - notBefore) / 6),
  );
}
