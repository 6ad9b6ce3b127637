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
 * which one of these expires: `ended` is one of those that did and are not on record yet, which raises it (device-proofs.ts).
 */
export const standingOfDevice = t.statement((db, p: { id: DeviceId; now: number }) =>
  db
    .selectFrom('subject')
    .select((eb) => [
      'subject.status',
      'subject.epoch',
      eb
        .selectFrom('device_proof')
        .select((inner) => inner.fn.min<string | null>('device_proof.id').as('first'))
        .where('device_proof.device_id', '=', p.id)
        .where('device_proof.ended_at', 'is', null)
        .where('device_proof.told_at', 'is', null)
        .where('device_proof.expires_at', '<=', p.now)
        .as('ended'),
    ])
    .where('subject.id', '=', p.id),
);
