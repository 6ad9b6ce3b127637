/**
 * What a person once let an application do, judged again while they are away: when it asks for fresh tokens. The rules are those of
 * enter-as.ts, of now: who the person is, what they are a member of, what the resources are, what the policies say.
 *
 * Nobody is there to show a proof. So those count that the grant rests on, as old as they were when it was given: how fresh a proof
 * had to be was settled then, how strong it has to be is settled now. The source is that of the application which asks.
 */
import { MINUTE } from '../../kernel/clock.ts';
import type { ResourceId } from '../../kernel/id.ts';
import { parseId } from '../../kernel/id.ts';
import type { Queries } from '../../store/store.ts';
import { type Arrival, byArrival } from '../arrival.ts';
import type { GateDeps } from '../gate-deps.ts';
import { policyRequest } from '../judge.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { agesOf, readShown } from '../shown.ts';
import { createSeldom } from '../throttles/seldom.ts';
import type { EntryAs, EntryRefused } from './entering.ts';
import { contextOf, type Entrances, scopesAsked } from './entrances.ts';
import { type CheckedGrantRow, type GrantId, grantForCheck } from './grant-table.ts';

export type EnteringAgain = (
  grant: GrantId,
  entries: readonly EntryAs[],
  arrival: Arrival,
) => Promise<{ readonly state: 'granted' } | EntryRefused>;

interface Refused {
  readonly reason: EntryRefused['reason'];
  readonly entry: EntryAs | undefined;
  readonly row: CheckedGrantRow | undefined;
  readonly resource?: { readonly kind: 'application' | 'api' | 'site'; readonly id: ResourceId };
  readonly policies?: readonly string[];
}

export function createEnterAgain(
  deps: Pick<GateDeps, 'store' | 'record' | 'counter' | 'people' | 'policies' | 'clock'>,
  parts: { readonly sessions: Pick<Sessions, 'live'>; readonly entrances: Entrances },
): EnteringAgain {
  const { store, record, counter, people, policies, clock } = deps;
  const { sessions, entrances } = parts;
  const first = createSeldom(clock, MINUTE);

  async function judged(
    q: Queries,
    grant: GrantId,
    entries: readonly EntryAs[],
    arrival: Arrival,
  ): Promise<Refused | undefined> {
    const now = clock.now();
    const row = await q.one(grantForCheck, { id: grant });
    const known = row && parseId<'person'>(row.subject_id);
    const person = known && (await people.get(q, known));
    if (row?.kind !== 'person' || row.ended_at !== null || row.expires_at <= now) {
      return { reason: 'no-session', entry: undefined, row };
    }
    if (person?.status !== 'active') return { reason: 'not-permitted', entry: undefined, row };
    const session = row.session_id === null ? undefined : await sessions.live(q, row.session_id);
    if (row.session_id !== null && session === undefined) {
      return { reason: 'no-session', entry: undefined, row };
    }
    const shown = agesOf(readShown(row.proofs), row.created_at);
    const active = await policies.current(q);
    for (const entry of entries) {
      const found = await entrances.find(q, entry.resource, arrival);
      if (!found.ok) return { reason: found.error, entry, row };
      const { kind, name, id, groups } = found.value.resource;
      const resource = { kind, id };
      const scopes = scopesAsked(found.value, entry.scopes);
      if (scopes === undefined) return { reason: 'scope', entry, row, resource };
      const wish = {
        action: 'enter',
        resource: { kind, id: name, groups },
        entry: { ...contextOf(found.value, scopes, person), resource: id },
      } as const;
      const knownDevice = session?.knownDevice ?? false;
      const request = policyRequest(person, wish, arrival, knownDevice, now);
      const answer = active.ladder(request, shown, []);
      if (answer.state !== 'permitted') {
        return { reason: 'not-permitted', entry, row, resource, policies: answer.policies };
      }
    }
    return undefined;
  }

  async function note(grant: GrantId, refused: Refused, arrival: Arrival): Promise<void> {
    const { entry, row, resource, policies } = refused;
    if (row === undefined) return; // Nobody's.
    if (!first(`${grant} ${refused.reason}`)) {
      return counter.count({
        type: 'decision.counted',
        outcome: 'refused',
        subject: row.subject_id,
        door: arrival.door,
        action: 'enter',
        resource: resource ?? { kind: 'application', id: row.client_id },
      });
    }
    await store.write((tx) =>
      record.append(tx, {
        type: 'entry.refused',
        outcome: 'refused',
        ...byArrival(arrival),
        subject: row.subject_id,
        ...(row.session_id === null ? {} : { session: row.session_id }),
        reason: refused.reason === 'no-session' ? 'no-session' : 'not-permitted',
        data: {
          ...(resource === undefined ? {} : { resource }),
          scopes: (entry?.scopes ?? []).slice(0, 64).map((scope) => scope.slice(0, 64)),
          ...(policies === undefined ? {} : { policies: policies.slice(0, 64) }),
        },
      }),
    );
  }

  return async (grant, entries, arrival) => {
    const refused = await store.read((q) => judged(q, grant, entries, arrival));
    if (refused === undefined) return { state: 'granted' };
    await note(grant, refused, arrival);
    return { state: 'refused', reason: refused.reason };
  };
}
