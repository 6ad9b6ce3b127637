/** Devices as they are told to clients, and what can go wrong with them. The command line on the machine itself tells the same. */
import type { KeyReused } from '../../gate/once/once.ts';
import type {
  AddedProofOfDevice,
  DeviceProofFailure,
  SeenDevice,
  SeenDeviceProof,
} from '../../gate/use-cases/devices/device-acts.ts';
import { isOrphaned } from '../../gate/use-cases/devices/device-weaknesses.ts';
import { SECOND } from '../../kernel/clock.ts';
import type { DeviceError } from '../../subjects/devices.ts';
import { Told } from './told.ts';
import { time } from './views.ts';

const maybe = (at: number | null | undefined) => (at == null ? null : time(at));

export function device(seen: SeenDevice) {
  const { device: is, ownerName, lastSeenFrom, proofs, weaknesses } = seen;
  const { id, name, kind, status, owner, zone, serial, mac, addresses, groups, purpose } = is;
  return {
    id,
    name,
    kind,
    status,
    owner: owner ?? null,
    ownerName: ownerName ?? null,
    orphaned: isOrphaned(is),
    zone,
    serial: serial ?? null,
    mac: mac ?? null,
    addresses,
    groups,
    purpose,
    proofs: proofs.map(proofView),
    certificates: seen.certificates.map(({ serial, profile, expiresAt, shownAt, shownBy }) => ({
      serial,
      profile,
      expiresAt: time(expiresAt),
      lastShownAt: maybe(shownAt),
      lastShownBy: shownBy ?? null,
    })),
    posture: postureView(seen),
    weaknesses,
    createdAt: time(is.createdAt),
    changedAt: time(is.changedAt),
    lastSeenAt: maybe(is.lastSeenAt),
    lastSeenBy: is.lastSeenBy ?? null,
    lastSeenHow: is.lastSeenHow ?? null,
    lastSeenFrom: lastSeenFrom?.address ?? null,
    lastSeenThrough: lastSeenFrom?.through ?? null,
  };
}

function proofView({ id, kind, name, shown, exception, ...times }: SeenDeviceProof) {
  return {
    id,
    kind,
    name,
    createdAt: time(times.createdAt),
    lastUsedAt: maybe(times.lastUsedAt),
    expiresAt: maybe(times.expiresAt),
    shown,
    exception:
      exception === undefined
        ? null
        : {
            owner: exception.owner,
            ownerName: exception.ownerName ?? null,
            reason: exception.reason,
            control: exception.control,
            expired: exception.expired,
          },
  };
}

function postureView({ posture, facts, at }: SeenDevice) {
  if (posture === undefined) return null;
  const { diskEncrypted, screenLock, secureBoot, system } = posture;
  const ageSeconds = facts.postureAge ?? Math.max(0, Math.floor((at - posture.at) / SECOND));
  const told = { diskEncrypted, screenLock, secureBoot, system };
  return { madeAt: time(posture.at), ageSeconds, ...told, compliant: facts.compliant };
}

export function addedProofOfDevice(added: AddedProofOfDevice) {
  const { expiresAt, overlapUntil } = added;
  return { ...added, expiresAt: maybe(expiresAt), overlapUntil: maybe(overlapUntil) };
}

const NETWORK_SAYS = {
  malformed: 'is no network and no address',
  'host-bits': 'is no network: it has bits set behind its length',
  'too-wide': 'is wider than any device speaks from',
} as const;

export function deviceProblem(error: DeviceError | KeyReused): Told {
  switch (error.code) {
    case 'network-taken':
      return new Told(error.code, { network: error.network });
    case 'network-not-valid':
      return new Told('networks-malformed', {
        says: `${error.network} ${NETWORK_SAYS[error.why]}`,
      });
    default:
      return new Told(error.code);
  }
}

export function deviceProofProblem(error: DeviceProofFailure | KeyReused): Told {
  switch (error.code) {
    case 'malformed':
    case 'not-allowed':
      return new Told('device-proof-not-valid', { says: error.detail });
    case 'weak-secret':
      return new Told('device-proof-not-valid', {
        says: 'the secret is weak: it has less than 32 characters, or few different ones; say in `weakBecause` why it has to do',
      });
    case 'mac-not-its':
      return new Told('device-proof-not-valid', {
        says: 'the MAC address is not the one that stands in the device’s row',
      });
    case 'held-already':
      return new Told('proof-held-already');
    default:
      return deviceProblem(error);
  }
}
