import type { Queries } from '../../store/store.ts';
import { type GrantId, grantForCheck } from '../entry/grant-table.ts';
import type { LiveSession, Sessions } from './sessions.ts';

/** The session that a person gave something in, while the grant and the session are both good: read anew each time. */
export async function sessionOfGrant(
  q: Queries,
  sessions: Pick<Sessions, 'live'>,
  grant: GrantId,
  now: number,
): Promise<LiveSession | undefined> {
  const row = await q.one(grantForCheck, { id: grant });
  if (row?.kind !== 'person' || row.session_id === null || row.ended_at !== null) return undefined;
  if (row.expires_at <= now || row.epoch !== row.subject_epoch) return undefined;
  const session = await sessions.live(q, row.session_id);
  return session?.kind === 'full' && session.subject === row.subject_id ? session : undefined;
}
