/**
 * Who is at which network device, and putting somebody out there, whoever may do it: the command line on the machine itself calls
 * these, the API the judged ones (log-in-administration.ts).
 */
import { type PersonId, parseId } from '../../../kernel/id.ts';
import { failed, ok, type Result } from '../../../kernel/result.ts';
import type { By } from '../../../record/record.ts';
import type { Queries, Tx } from '../../../store/store.ts';
import type { Devices } from '../../../subjects/devices.ts';
import type { People } from '../../../subjects/people.ts';
import type { Rejudged } from '../../network/network-rejudging.ts';
import type { NetworkSessions, SeenNetworkSession } from '../../network/network-sessions.ts';
import type { NetworkSessionId } from '../../network/network-words.ts';

export interface SeenLogIn extends SeenNetworkSession {
  /** What the network device is called. */
  readonly clientName: string;
}

export interface LogInFilter {
  readonly limit: number;
  /** Only what began before this one. */
  readonly after?: string;
}

export interface LogInActs {
  /** The open ones, the newest first. */
  list(
    q: Queries,
    filter: LogInFilter,
  ): Promise<{ readonly items: readonly SeenLogIn[]; readonly next: string | undefined }>;
  /** Whose it is; undefined where there is none. */
  subjectOf(q: Queries, id: NetworkSessionId): Promise<PersonId | string | undefined>;
  /** Has it judged again, as things are now. */
  reauthorize(
    tx: Tx,
    id: NetworkSessionId,
    by: By,
  ): Promise<Result<{ readonly outcome: Rejudged }, { readonly code: 'not-found' }>>;
  end(tx: Tx, id: NetworkSessionId, by: By): Promise<Result<void, { readonly code: 'not-found' }>>;
}

export function createLogInActs({
  sessions,
  devices,
  people,
}: {
  readonly sessions: Pick<NetworkSessions, 'list' | 'revoke' | 'subjectOf' | 'judgeAgain'>;
  readonly devices: Devices;
  readonly people: Pick<People, 'get' | 'profile'>;
}): LogInActs {
  /** As they are called here; what they came as may be a name that says nothing (RFC 9190 §2.1.7). */
  async function nameOf(
    q: Queries,
    { subject, name }: SeenNetworkSession,
  ): Promise<string | undefined> {
    if (name === undefined) return undefined;
    const id = parseId<'person'>(subject);
    const person = id && (await people.get(q, id));
    // A profile that can't be opened is for the doctor to tell of.
    const profile = person && (await people.profile(q, person).catch(() => undefined));
    return profile?.identifier ?? (await devices.find(q, subject))?.name ?? name;
  }

  return {
    async list(q, { limit, after }) {
      const rows = await sessions.list(q, { limit: limit + 1, after });
      const shown = rows.slice(0, limit);
      const items: SeenLogIn[] = [];
      for (const row of shown) {
        const client = await devices.get(q, row.client);
        const name = await nameOf(q, row);
        items.push({ ...row, name, clientName: client?.name ?? row.client });
      }
      return { items, next: rows.length > limit ? shown.at(-1)?.id : undefined };
    },
    subjectOf: (q, id) => sessions.subjectOf(q, id),
    async reauthorize(tx, id, by) {
      const outcome = await sessions.judgeAgain(tx, id, by);
      return outcome === undefined ? failed({ code: 'not-found' }) : ok({ outcome });
    },
    async end(tx, id, by) {
      return (await sessions.revoke(tx, id, by)) ? ok(undefined) : failed({ code: 'not-found' });
    },
  };
}
