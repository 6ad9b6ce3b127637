import type { Kysely } from 'kysely';
import type { DeviceId, PersonId } from '../kernel/id.ts';
import { tables } from '../store/statement.ts';
import type { Footing } from '../store/store.ts';
import { type OwnedRow, ownedColumns } from './owned-subject-table.ts';
import type { SubjectRow } from './subject-table.ts';

interface DeviceOnlyRow {
  id: DeviceId;
  name: string;
  kind: string;
  zone: string;
  serial: string | null;
  mac: string | null;
  /** JSON list of text. */
  addresses: string;
  purpose: string;
  /** Set once: from then on name, MAC address and serial number are free for another. */
  retired_at: number | null;
  last_seen_at: number | null;
  last_seen_by: string | null;
  last_seen_how: string | null;
  /** Sealed under the device's own key: an address may be somebody's home. */
  last_seen_from: Uint8Array | null;
  /** When the last posture report was made, by the device's clock, and what it said, as JSON. */
  posture_at: number | null;
  posture: string | null;
}

interface DeviceTables {
  subject: SubjectRow;
  device: DeviceOnlyRow;
  device_address: { network: string; device_id: DeviceId };
}

export interface DeviceRow extends DeviceOnlyRow, OwnedRow {}

const SEEN = ['last_seen_at', 'last_seen_by', 'last_seen_how', 'last_seen_from'] as const;
export type JudgedDeviceRow = Omit<DeviceRow, (typeof SEEN)[number] | 'retired_at'>;

const t = tables<DeviceTables>();

const owned = (db: Kysely<DeviceTables>) =>
  db
    .selectFrom('device')
    .innerJoin('subject', 'subject.id', 'device.id')
    .leftJoin('subject as owner', 'owner.id', 'subject.owner_id')
    .select(ownedColumns);

const devices = (db: Kysely<DeviceTables>) => owned(db).selectAll('device');

/** All that is judged of one. */
export const judgedDevice = t.statement((db, p: { id: DeviceId }) =>
  owned(db)
    .select([
      'device.id',
      'device.name',
      'device.kind',
      'device.zone',
      'device.serial',
      'device.mac',
      'device.addresses',
      'device.purpose',
      'device.posture_at',
      'device.posture',
    ])
    .where('device.id', '=', p.id),
);

/** What that rests on: that it was seen changes nothing. */
export const judgedDeviceFooting: Footing = {
  existing: [],
  rows: ['device', 'subject'],
  tables: [],
  unread: { device: SEEN },
};

export const deviceById = t.statement((db, p: { id: DeviceId }) =>
  devices(db).where('device.id', '=', p.id),
);

/** Of those that are not retired: there is one of a name, one of a MAC address, one of a serial number. */
export const deviceByName = t.statement((db, p: { name: string }) =>
  devices(db).where('device.name', '=', p.name).where('device.retired_at', 'is', null),
);
export const deviceByMac = t.statement((db, p: { mac: string }) =>
  devices(db).where('device.mac', '=', p.mac).where('device.retired_at', 'is', null),
);
export const deviceBySerial = t.statement((db, p: { serial: string }) =>
  devices(db).where('device.serial', '=', p.serial).where('device.retired_at', 'is', null),
);

/** From where a device speaks, and what it was when that was read. */
export interface Speaker {
  readonly network: string;
  readonly device: DeviceId;
  readonly epoch: number;
}

/** Of those that may. No more is read of them: there are thousands, and strangers have them read. */
export const speakingDevices = t.statement((db) =>
  db
    .selectFrom('device_address')
    .innerJoin('subject', 'subject.id', 'device_address.device_id')
    .select(['device_address.network', 'device_address.device_id as device', 'subject.epoch'])
    .where('subject.status', '=', 'active'),
);

export interface DeviceFilter {
  readonly status?: string;
  readonly kind?: string;
  readonly zone?: string;
  readonly owner?: PersonId;
  /** Only those whose owner is gone or disabled, or that never had one. */
  readonly orphaned?: boolean;
}

export interface DevicePage {
  readonly after?: string;
  readonly limit: number;
}

export const listDevices = (
  { status, kind, zone, owner, orphaned }: DeviceFilter,
  { after, limit }: DevicePage,
  answering: readonly string[],
) =>
  t.query((db) => {
    let query = devices(db);
    if (after !== undefined) query = query.where('device.id', '>', after as DeviceId); // Compared as text.
    // The retired are shown to who asks for them.
    query =
      status === undefined
        ? query.where('device.retired_at', 'is', null)
        : query.where('subject.status', '=', status);
    if (kind !== undefined) query = query.where('device.kind', '=', kind);
    if (zone !== undefined) query = query.where('device.zone', '=', zone);
    if (owner !== undefined) query = query.where('subject.owner_id', '=', owner);
    if (orphaned) {
      query = query.where((eb) =>
        eb.or([eb('owner.status', 'is', null), eb('owner.status', 'not in', answering)]),
      );
    }
    return query.orderBy('device.id').limit(limit);
  });

interface DeviceWords {
  id: DeviceId;
  name: string;
  kind: string;
  zone: string;
  serial: string | null;
  mac: string | null;
  addresses: string;
  purpose: string;
}

export const insertDevice = t.statement((db, p: DeviceWords) =>
  db
    .insertInto('device')
    .values({
      id: p.id,
      name: p.name,
      kind: p.kind,
      zone: p.zone,
      serial: p.serial,
      mac: p.mac,
      addresses: p.addresses,
      purpose: p.purpose,
    })
    // Whichever of its unique words another took in the meantime.
    .onConflict((oc) => oc.doNothing()),
);

export const updateDevice = t.statement((db, p: DeviceWords) =>
  db
    .updateTable('device')
    .set({
      name: p.name,
      kind: p.kind,
      zone: p.zone,
      serial: p.serial,
      mac: p.mac,
      addresses: p.addresses,
      purpose: p.purpose,
    })
    .where('id', '=', p.id),
);

export const retireDevice = t.statement((db, p: { id: DeviceId; now: number }) =>
  db
    .updateTable('device')
    .set({ retired_at: p.now, addresses: '[]' })
    .where('id', '=', p.id)
    .where('retired_at', 'is', null),
);

export const seeDevice = t.statement(
  (
    db,
    p: {
      id: DeviceId;
      at: number;
      by: string;
      how: string;
      before: number;
    },
  ) =>
    db
      .updateTable('device')
      .set({
        last_seen_at: p.at,
        last_seen_by: p.by,
        last_seen_how: p.how,
        last_seen_from: null,
      })
      .where('id', '=', p.id)
      .where((eb) => eb.or([eb('last_seen_at', 'is', null), eb('last_seen_at', '<=', p.before)])),
);

export const seeDeviceFrom = t.statement((db, p: { id: DeviceId; from: Uint8Array }) =>
  db.updateTable('device').set({ last_seen_from: p.from }).where('id', '=', p.id),
);

/** A report is taken once, and none that is older than the last: what was seen on the wire is of no use again. */
export const reportPosture = t.statement((db, p: { id: DeviceId; at: number; posture: string }) =>
  db
    .updateTable('device')
    .set({ posture_at: p.at, posture: p.posture })
    .where('id', '=', p.id)
    .where((eb) => eb.or([eb('posture_at', 'is', null), eb('posture_at', '<', p.at)])),
);

export const addressOwner = t.statement((db, p: { network: string }) =>
  db.selectFrom('device_address').select('device_id').where('network', '=', p.network),
);

export const insertAddress = t.statement((db, p: { network: string; device: DeviceId }) =>
  db
    .insertInto('device_address')
    .values({ network: p.network, device_id: p.device })
    .onConflict((oc) => oc.doNothing()),
);

export const deleteAddressesOf = t.statement((db, p: { device: DeviceId }) =>
  db.deleteFrom('device_address').where('device_id', '=', p.device),
);
