import type { DeviceId } from '../../kernel/id.ts';
import { tables } from '../../store/statement.ts';

interface StandingTables {
  subject: { id: string; status: string; epoch: number };
  device_proof: {
    id: string;
    device_id: DeviceId;
    expires_at: number | null;
    ended_at: number | null;
    told_at: number | null;
  };
}

const t = tables<StandingTables>();

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
