/**
 * How devices prove themselves: the certificates, keys and shared secrets that they hold, and the exceptions for those that can
 * hold none. Each change is one transaction with its event. Whether a proof lets a device in is the gate's to decide.
 *
 * A certificate of our own authority needs no row here: it names its device. Shared secrets are made here, sealed under the
 * device's own key, and can be read back, since RADIUS and TACACS+ compute with them. An exception is a row with an owner, a
 * reason, what is done instead, and an end; what has expired is as if it were not there, and is told of (`tellExpired`).
 *
 * Which are held, and whose one is that is shown: device-proof-finding.ts.
 *
 * To add a kind: its word in contract/devices.ts, its detail in device-proof.ts, its case in device-proof-drafts.ts.
 */
import { type DeviceSecretKind, isDeviceException } from '@sallyport/contract/devices.ts';
import { utf8 } from '../kernel/bytes.ts';
import { type Clock, DAY, MINUTE } from '../kernel/clock.ts';
import { Fault } from '../kernel/fault.ts';
import type { DeviceId, Ids } from '../kernel/id.ts';
import type { Random } from '../kernel/random.ts';
import { failed, ok, type Result } from '../kernel/result.ts';
import type { By, Recorder } from '../record/record.ts';
import type { Store, Tx } from '../store/store.ts';
import type { Vault } from '../vault/vault.ts';
import {
  type DeviceProof,
  type DeviceProofError,
  type DeviceProofId,
  lookups,
  type NewDeviceProof,
  readDeviceProof,
} from './device-proof.ts';
import { draftOf } from './device-proof-drafts.ts';
import {
  createDeviceProofFinding,
  type DeviceProofFinding,
  isException,
  secretPlace,
} from './device-proof-finding.ts';
import {
  deviceProofById,
  endDeviceProof,
  insertDeviceProof,
  keepDeviceProof,
  lookupHolder,
  tellExpired,
  touchDeviceProof,
  untoldExpired,
} from './device-proof-table.ts';
import type { Device, Devices } from './devices.ts';

export type {
  DeviceProof,
  DeviceProofError,
  DeviceProofId,
  NewDeviceProof,
} from './device-proof.ts';

export interface AddedDeviceProof {
  readonly proof: DeviceProof;
  /** Of a secret that was made here: shown once. */
  readonly secret: string | undefined;
  /** The one whose place it took. */
  readonly replaced: DeviceProofId | undefined;
  /** Until when that one is taken too. */
  readonly overlapUntil: number | undefined;
}

export interface DeviceProofs extends DeviceProofFinding {
  /** A secret takes the place of the one before, at once or at the end of an overlap; an exception that of the one that it renews. */
  add(
    tx: Tx,
    device: Device,
    proof: NewDeviceProof,
    by: By,
  ): Promise<Result<AddedDeviceProof, DeviceProofError>>;
  end(tx: Tx, id: DeviceProofId, by: By): Promise<Result<DeviceProof, { code: 'not-found' }>>;
  /** When a device is retired. */
  endAll(tx: Tx, device: DeviceId, by: By): Promise<void>;
  /** To the minute. */
  used(tx: Tx, id: DeviceProofId, at: number): Promise<void>;
  /** Has what expired on record, each once, on whichever node comes first; and at once where one of them was shown. */
  tellExpired(tx?: Tx): Promise<void>;
}

export interface DeviceProofsDeps {
  readonly store: Store;
  readonly devices: Devices;
  readonly vault: Vault;
  readonly record: Recorder;
  readonly clock: Clock;
  readonly random: Random;
  readonly ids: Ids;
}

const USED_EVERY = MINUTE;
/** What is there already is not there twice; of all else, the new one takes the place of the old. */
const SHOWN_ANEW: ReadonlySet<string> = new Set(['certificate', 'key', 'tpm']);
const MOST_PROOFS = 32;
/** Long enough for a visit to each site, short enough that the old one is not just another. */
const LONGEST_OVERLAP = 30 * DAY;

export function createDeviceProofs(deps: DeviceProofsDeps): DeviceProofs {
  const { store, devices, vault, record, clock, random, ids } = deps;
  const finding = createDeviceProofFinding(deps);

  async function endRow(tx: Tx, proof: DeviceProof, name: string, by: By): Promise<boolean> {
    const { id, device, kind } = proof;
    if ((await tx.run(endDeviceProof, { id, now: clock.now() })) !== 1) return false;
    await record.append(tx, {
      type: 'device.proof-ended',
      outcome: 'done',
      subject: device,
      ...by,
      data: { name, proof: id, kind },
    });
    return true;
  }

  /** Whatever was kept beside the one that is replaced now: of two that are old, one is one too many. */
  async function endBefore(tx: Tx, device: Device, kind: DeviceSecretKind, by: By) {
    const held = await tx.one(lookupHolder, { lookup: lookups.before(kind, device.id) });
    const row = held && (await tx.one(deviceProofById, { id: held.id }));
    if (row !== undefined) await endRow(tx, readDeviceProof(row), device.name, by);
  }

  async function tellIn(tx: Tx): Promise<void> {
    const now = clock.now();
    for (const row of await tx.all(untoldExpired, { now })) {
      if ((await tx.run(tellExpired, { id: row.id, now })) !== 1) continue;
      const proof = readDeviceProof(row);
      const device = await devices.get(tx, row.device_id);
      if (device === undefined || device.status === 'retired') continue;
      await devices.raise(tx, device.id);
      // An overlap that is over leaves nothing to look at.
      if ('replacedBy' in proof.detail) await tx.run(endDeviceProof, { id: row.id, now });
      await record.append(tx, {
        type: isException(proof) ? 'device.exception-expired' : 'device.proof-expired',
        outcome: 'done',
        subject: device.id,
        data: { name: device.name, proof: row.id, kind: proof.kind },
      } as Parameters<Recorder['append']>[1]); // Both types have data of this shape.
    }
  }

  return {
    ...finding,

    async add(tx, device, proof, by) {
      if (device.status === 'retired') return failed({ code: 'device-retired' });
      const now = clock.now();
      const draft = await draftOf(tx, device, proof, { now, random });
      if (!draft.ok) return draft;
      const { detail, lookup, secret, end } = draft.value;
      const expiresAt = proof.expiresAt ?? end;
      if (expiresAt !== undefined && expiresAt <= now) {
        return failed({ code: 'not-allowed', detail: 'it would never be good' });
      }
      if (end !== undefined && expiresAt !== undefined && expiresAt > end) {
        return failed({
          code: 'not-allowed',
          detail: isDeviceException(proof.kind)
            ? 'an exception is good for a year at most'
            : 'it would outlive what it rests on',
        });
      }
      const held = await finding.list(tx, device.id);
      if (held.length >= MOST_PROOFS) {
        return failed({ code: 'not-allowed', detail: 'the device holds as many as it may' });
      }
      const holder = await tx.one(lookupHolder, { lookup });
      const old = held.find(({ id }) => id === holder?.id);
      const renews = old !== undefined && !SHOWN_ANEW.has(old.kind);
      if (holder !== undefined && !renews) return failed({ code: 'held-already' });
      const id = ids.next<'device-proof'>();
      const overlap = overlapOf(proof, old, now);
      if (!overlap.ok) return overlap;
      const overlapUntil = overlap.value;
      if (isSecret(proof)) await endBefore(tx, device, proof.kind, by);
      if (old !== undefined && overlapUntil !== undefined && isSecret(proof)) {
        await tx.run(keepDeviceProof, {
          id: old.id,
          lookup: lookups.before(proof.kind, device.id),
          detail: JSON.stringify({ ...old.detail, replacedBy: id }),
          expiresAt: overlapUntil,
        });
      } else if (old !== undefined) await endRow(tx, old, device.name, by);
      const box = secret === undefined ? undefined : await vault.subject(tx, device.id);
      if (secret !== undefined && box === undefined) {
        throw new Fault('vault.key', `${device.id} has no key`);
      }
      const row = {
        id,
        device_id: device.id,
        kind: proof.kind,
        name: proof.name,
        detail: JSON.stringify(detail),
        lookup,
        sealed:
          secret === undefined || box === undefined
            ? null
            : box.seal(secretPlace(id), utf8(secret)),
        created_at: now,
        expires_at: expiresAt ?? null,
      };
      if ((await tx.run(insertDeviceProof, row)) !== 1) return failed({ code: 'held-already' });
      await devices.raise(tx, device.id);
      await record.append(tx, {
        type: 'device.proof-added',
        outcome: 'done',
        subject: device.id,
        ...by,
        data: {
          name: device.name,
          proof: id,
          kind: proof.kind,
          ...(expiresAt === undefined ? {} : { until: expiresAt }),
          ...(old === undefined ? {} : { replaces: old.id }),
          ...(overlapUntil === undefined ? {} : { overlapUntil }),
          ...('weakBecause' in detail ? { weak: true as const } : {}),
        },
      });
      const made = 'made' in detail && detail.made === 'here' ? secret : undefined;
      const added = readDeviceProof({ ...row, last_used_at: null, ended_at: null, told_at: null });
      return ok({ proof: added, secret: made, replaced: old?.id, overlapUntil });
    },

    async end(tx, id, by) {
      const row = await tx.one(deviceProofById, { id });
      const device = row && (await devices.get(tx, row.device_id));
      if (row === undefined || device === undefined) return failed({ code: 'not-found' });
      const proof = readDeviceProof(row);
      if (!(await endRow(tx, proof, device.name, by))) return failed({ code: 'not-found' });
      await devices.raise(tx, device.id);
      return ok(proof);
    },

    async endAll(tx, id, by) {
      const device = await devices.get(tx, id);
      if (device === undefined) return;
      for (const proof of await finding.list(tx, id)) await endRow(tx, proof, device.name, by);
    },

    async used(tx, id, at) {
      tx.put(touchDeviceProof, { id, now: at, before: at - USED_EVERY });
    },

    async tellExpired(within) {
      if (within === undefined) await store.write(tellIn);
      else await tellIn(within);
    },
  };
}

const isSecret = (proof: NewDeviceProof): proof is Extract<NewDeviceProof, { secret?: unknown }> =>
  proof.kind === 'radius' || proof.kind === 'tacacs';

/** Until when the secret before is taken too: undefined for no longer than now. */
function overlapOf(
  proof: NewDeviceProof,
  old: DeviceProof | undefined,
  now: number,
): Result<number | undefined, DeviceProofError> {
  const until = isSecret(proof) ? proof.overlapUntil : undefined;
  if (until === undefined) return ok(undefined);
  if (until <= now || until > now + LONGEST_OVERLAP) {
    return failed({
      code: 'not-allowed',
      detail: 'an overlap lasts 30 days at most, and ends later than now',
    });
  }
  const ends = old?.expiresAt ?? until;
  if (old === undefined || ends <= now) {
    return failed({
      code: 'not-allowed',
      detail:
        'there is no secret in force that could be taken beside it; give it a new one, without an overlap',
    });
  }
  return ok(Math.min(until, ends));
}
