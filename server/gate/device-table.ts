import type { SubjectId } from '../kernel/id.ts';
import { tables } from '../store/statement.ts';

export interface KnownDeviceRow {
  id: string;
  secret_hash: Uint8Array;
  subject_id: string;
  expires_at: number;
}

const t = tables<{ known_device: KnownDeviceRow }>();

export const deviceById = t.statement((db, p: { id: string }) =>
  db.selectFrom('known_device').selectAll().where('id', '=', p.id),
);

export const insertDevice = t.statement((db, p: KnownDeviceRow) =>
  db.insertInto('known_device').values({
    id: p.id,
    secret_hash: p.secret_hash,
    subject_id: p.subject_id,
    expires_at: p.expires_at,
  }),
);

export const extendDevice = t.statement((db, p: { id: string; until: number }) =>
  db.updateTable('known_device').set({ expires_at: p.until }).where('id', '=', p.id),
);

export const forgetDevices = t.statement((db, p: { before: number }) =>
  db.deleteFrom('known_device').where('expires_at', '<=', p.before),
);

/** All but one; give an id that no device has to forget every one. */
export const forgetDevicesOf = t.statement((db, p: { subject: SubjectId; except: string }) =>
  db.deleteFrom('known_device').where('subject_id', '=', p.subject).where('id', '!=', p.except),
);
