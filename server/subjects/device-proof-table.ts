import type { DeviceId, Id } from '../kernel/id.ts';
import { tables } from '../store/statement.ts';
import type { Footing } from '../store/store.ts';
import type { SubjectRow } from './subject-table.ts';

export type DeviceProofId = Id<'device-proof'>;

export interface DeviceProofRow {
  id: DeviceProofId;
  device_id: DeviceId;
  kind: string;
  name: string;
  /** JSON, by kind: see device-proof.ts. */
  detail: string;
  /** What at most one proof in force may be: a certificate, a public key, a MAC address, a device's secret of a kind. */
  lookup: string | null;
  /** A shared secret, under the device's own key; gone once the proof has ended. */
  sealed: Uint8Array | null;
  created_at: number;
  expires_at: number | null;
  last_used_at: number | null;
  ended_at: number | null;
  /** When its expiry went into the record. */
  told_at: number | null;
}

interface ProofTables {
  device_proof: DeviceProofRow;
  subject: SubjectRow;
}

const t = tables<ProofTables>();

/** In the order of their making, since ids ascend. */
export const proofsOfDevice = t.statement((db, p: { device: DeviceId }) =>
  db
    .selectFrom('device_proof')
    .selectAll()
    .where('device_id', '=', p.device)
    .where('ended_at', 'is', null)
    .orderBy('id'),
);

export const deviceProofById = t.statement((db, p: { id: DeviceProofId }) =>
  db.selectFrom('device_proof').selectAll().where('id', '=', p.id).where('ended_at', 'is', null),
);

/** Of devices that may come in, and of no others. */
export const liveProofByLookup = t.statement((db, p: { lookup: string; now: number }) =>
  db
    .selectFrom('device_proof')
    .innerJoin('subject', 'subject.id', 'device_proof.device_id')
    .selectAll('device_proof')
    .where('device_proof.lookup', '=', p.lookup)
    .where('device_proof.ended_at', 'is', null)
    .where('subject.status', '=', 'active')
    .where((eb) =>
      eb.or([eb('device_proof.expires_at', 'is', null), eb('device_proof.expires_at', '>', p.now)]),
    ),
);

/** Who has it, in force or expired. */
export const lookupHolder = t.statement((db, p: { lookup: string }) =>
  db
    .selectFrom('device_proof')
    .select(['id', 'device_id', 'expires_at'])
    .where('lookup', '=', p.lookup)
    .where('ended_at', 'is', null),
);

export const insertDeviceProof = t.statement(
  (db, p: Omit<DeviceProofRow, 'last_used_at' | 'ended_at' | 'told_at'>) =>
    db
      .insertInto('device_proof')
      .values({
        id: p.id,
        device_id: p.device_id,
        kind: p.kind,
        name: p.name,
        detail: p.detail,
        lookup: p.lookup,
        sealed: p.sealed,
        created_at: p.created_at,
        expires_at: p.expires_at,
      })
      .onConflict((oc) => oc.doNothing()),
);

/** It goes on under another lookup, until another end. */
export const keepDeviceProof = t.statement(
  (db, p: { id: DeviceProofId; lookup: string; detail: string; expiresAt: number }) =>
    db
      .updateTable('device_proof')
      .set({ lookup: p.lookup, detail: p.detail, expires_at: p.expiresAt })
      .where('id', '=', p.id)
      .where('ended_at', 'is', null),
);

export const endDeviceProof = t.statement((db, p: { id: DeviceProofId; now: number }) =>
  db
    .updateTable('device_proof')
    .set({ ended_at: p.now, sealed: null })
    .where('id', '=', p.id)
    .where('ended_at', 'is', null),
);

export const touchDeviceProof = t.statement(
  (db, p: { id: DeviceProofId; now: number; before: number }) =>
    db
      .updateTable('device_proof')
      .set({ last_used_at: p.now })
      .where('id', '=', p.id)
      .where((eb) => eb.or([eb('last_used_at', 'is', null), eb('last_used_at', '<=', p.before)])),
);

/** What has expired and was not told of. */
export const untoldExpired = t.statement((db, p: { now: number }) =>
  db
    .selectFrom('device_proof')
    .selectAll()
    .where('told_at', 'is', null)
    .where('ended_at', 'is', null)
    .where('expires_at', '<=', p.now)
    .orderBy('id')
    .limit(100),
);

/** One of several nodes tells. */
export const tellExpired = t.statement((db, p: { id: DeviceProofId; now: number }) =>
  db
    .updateTable('device_proof')
    .set({ told_at: p.now })
    .where('id', '=', p.id)
    .where('told_at', 'is', null),
);

/**
 * Whether what was read of a device is still so. Its epoch rises with each change of it or of its proofs, but not in the moment at
 * which one of these expires: `expires` is when the first does of those of which that is not on record, which raises it
 * (device-proofs.ts).
 */
export const standingOfDevice = t.statement((db, p: { id: DeviceId }) =>
  db
    .selectFrom('subject')
    .select((eb) => [
      'subject.status',
      'subject.epoch',
      eb
        .selectFrom('device_proof')
        .select((inner) => inner.fn.min<number | null>('device_proof.expires_at').as('first'))
        .where('device_proof.device_id', '=', p.id)
        .where('device_proof.ended_at', 'is', null)
        .where('device_proof.told_at', 'is', null)
        .as('expires'),
    ])
    .where('subject.id', '=', p.id),
);

/** What that rests on: another proof of a device may be one that expires sooner. */
export const deviceFooting: Footing = {
  existing: [],
  rows: ['subject'],
  tables: ['device_proof'],
};
