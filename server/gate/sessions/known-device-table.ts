import type { Id, PersonId } from '../../kernel/id.ts';
import { tables } from '../../store/statement.ts';

export type KnownDeviceId = Id<'known-device'>;

export interface KnownDeviceRow {
  id: KnownDeviceId;
  secret_hash: Uint8Array;
  subject_id: PersonId;
  expires_at: number;
}

const t = tables<{ known_device: KnownDeviceRow }>();

export const knownDeviceById = t.statement((db, p: { id: KnownDeviceId }) =>
  db.selectFrom('known_device').selectAll().where('id', '=', p.id),
);

export const insertKnownDevice = t.statement((db, p: KnownDeviceRow) =>
  db.insertInto('known_device').values({
    id: p.id,
    secret_hash: p.secret_hash,
    subject_id: p.subject_id,
    expires_at: p.expires_at,
  }),
);

export const extendKnownDevice = t.statement((db, p: { id: KnownDeviceId; until: number }) =>
  db.updateTable('known_device').set({ expires_at: p.until }).where('id', '=', p.id),
);

export const forgetKnownDevices = t.statement((db, p: { before: number }) =>
  db.deleteFrom('known_device').where('expires_at', '<=', p.before),
);

/** Stands for none, where all but one are forgotten; no id has this form. */
export const NO_DEVICE = '' as KnownDeviceId;

/** All but one, or but NO_DEVICE. */
export const forgetKnownDevicesOf = t.statement(
  (db, p: { subject: PersonId; except: KnownDeviceId }) =>
    db.deleteFrom('known_device').where('subject_id', '=', p.subject).where('id', '!=', p.except),
);
