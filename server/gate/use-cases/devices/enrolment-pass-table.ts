import type { DeviceId, Id } from '../../../kernel/id.ts';
import { tables } from '../../../store/statement.ts';

export type EnrolmentPassId = Id<'enrolment'>;

export interface EnrolmentPassRow {
  id: EnrolmentPassId;
  secret_hash: Uint8Array;
  /** Sealed under the device's key. */
  mac_key: Uint8Array;
  device_id: DeviceId;
  /** JSON list of names of hosts. */
  names: string;
  /** JSON list of networks; none is anywhere. */
  networks: string;
  /** The fingerprint of a TPM's attestation key; '' where none is known. */
  attestation: string;
  uses: number;
  used: number;
  created_at: number;
  expires_at: number;
  withdrawn_at: number | null;
}

const t = tables<{ enrolment_pass: EnrolmentPassRow }>();

export const insertEnrolmentPass = t.statement(
  (db, p: Omit<EnrolmentPassRow, 'used' | 'withdrawn_at'>) =>
    db.insertInto('enrolment_pass').values({
      id: p.id,
      secret_hash: p.secret_hash,
      mac_key: p.mac_key,
      device_id: p.device_id,
      names: p.names,
      networks: p.networks,
      attestation: p.attestation,
      uses: p.uses,
      used: 0,
      created_at: p.created_at,
      expires_at: p.expires_at,
    }),
);

export const enrolmentPassById = t.statement((db, p: { id: EnrolmentPassId }) =>
  db.selectFrom('enrolment_pass').selectAll().where('id', '=', p.id),
);

export const enrolmentPassesOf = t.statement((db, p: { device: DeviceId }) =>
  db
    .selectFrom('enrolment_pass')
    .selectAll()
    .where('device_id', '=', p.device)
    .orderBy('id', 'desc')
    .limit(100),
);

/** `run() === 1` for whoever has a use: of many who come at once no more are let in than it was made for. */
export const useEnrolmentPass = t.statement((db, p: { id: EnrolmentPassId; now: number }) =>
  db
    .updateTable('enrolment_pass')
    .set((eb) => ({ used: eb('used', '+', 1) }))
    .where('id', '=', p.id)
    .whereRef('used', '<', 'uses')
    .where('expires_at', '>', p.now)
    .where('withdrawn_at', 'is', null),
);

export const withdrawEnrolmentPass = t.statement((db, p: { id: EnrolmentPassId; now: number }) =>
  db
    .updateTable('enrolment_pass')
    .set({ withdrawn_at: p.now })
    .where('id', '=', p.id)
    .where('withdrawn_at', 'is', null),
);

export const forgetEnrolmentPasses = t.statement((db, p: { before: number }) =>
  db.deleteFrom('enrolment_pass').where('expires_at', '<=', p.before),
);
