/**
 * What a person once let an application do, judged again while they are away: when it asks for fresh tokens. The rules are those of
 * enter-as.ts, of now: who the person is, what they are a member of, what the resources are, what the policies say.
 *
 * Nobody is there to show a proof. So those count that the grant rests on, as old as they were when it was given: how fresh a proof
 * had to be was settled then, how strong it has to be is settled now. The source is that of the application which asks.
 *
 * What an API calls sensitive is another matter: it is for a moment, and is gone from the scopes once policy, asked with the proofs as
 * old as they are, wants fresher ones. Whoever wants it back sends the person to show them.
 */
import { MINUTE } from '../../kernel/clock.ts';
import { parseId, type ResourceId } from '../../kernel/id.ts';
import type { Queries } from '../../store/store.ts';
import { sensitiveAmong } from '../../subjects/resource.ts';
import { type Arrival, byArrival } from '../arrival.ts';
import type { GateDeps } from '../gate-deps.ts';
import { policyRequest } from '../policy-request.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { agesOf, bounded, forRecord, readShown } from '../shown.ts';
import { createSeldom } from '../throttles/seldom.ts';
import type { EntryAs, EntryRefused } from './entering.ts';
import { contextOf, type Entrance, scopesAsked } from './entrances.ts';
import { type CheckedGrantRow, type GrantId, grantForCheck, raiseGrant } from './grant-table.ts';

export type EnteringAgain = (
  grant: GrantId,
  asked: {
    readonly entries: readonly EntryAs[];
    /** Whether this is all that the grant is for: then it holds for the person as they are now. */
    readonly whole: boolean;
  },
  arrival: Arrival,
) => Promise<EnteredAgain | EntryRefused>;

export interface EnteredAgain {
  readonly state: 'granted';
  /** What is left of the scopes of each entry. */
  readonly scopes: readonly (readonly string[])[];
}

interface Granted extends EnteredAgain {
  readonly row: CheckedGrantRow;
  readonly policies: readonly string[];
}

interface Refused {
  readonly state: 'refused';
  readonly reason: EntryRefused['reason'];
  readonly entry: EntryAs | undefined;
  readonly row: CheckedGrantRow | undefined;
  readonly resource?: { readonly kind: 'application' | 'api' | 'site'; readonly id: ResourceId };
  readonly policies?: readonly string[];
}

export function createEnterAgain(
  deps: Pick<
    GateDeps,
    'store' | 'record' | 'counter' | 'people' | 'entrances' | 'policies' | 'clock'
  >,
  { sessions }: { readonly sessions: Pick<Sessions, 'live'> },
): EnteringAgain {
  const { store, record, counter, people, entrances, policies, clock } = deps;
  const first = createSeldom(clock, MINUTE);

  async function judged(
    q: Queries,
    grant: GrantId,
    entries: readonly EntryAs[],
    arrival: Arrival,
  ): Promise<Refused | Granted> {
    const refused = (refusal: Omit<Refused, 'state'>) =>
      ({ state: 'refused', ...refusal }) as const;
    const now = clock.now();
    const row = await q.one(grantForCheck, { id: grant });
    const known = row && parseId<'person'>(row.subject_id);
    const person = known && (await people.get(q, known));
    if (row?.kind !== 'person' || row.ended_at !== null || row.expires_at <= now) {
      return refused({ reason: 'no-session', entry: undefined, row });
    }
    if (person?.status !== 'active') {
      return refused({ reason: 'not-permitted', entry: undefined, row });
    }
    const session = row.session_id === null ? undefined : await sessions.live(q, row.session_id);
    if (row.session_id !== null && session === undefined) {
      return refused({ reason: 'no-session', entry: undefined, row });
    }
    const proofs = readShown(row.proofs);
    const [given, shown] = [agesOf(proofs, row.created_at), agesOf(proofs, now)];
    const left: (readonly string[])[] = [];
    const policiesOf = new Set<string>();
    const active = await policies.current(q);
    for (const entry of entries) {
      const found = await entrances.find(q, entry.resource, arrival);
      if (!found.ok) return refused({ reason: found.error, entry, row });
      const { kind, name, id, groups } = found.value.resource;
      const resource = { kind, id };
      const scopes = scopesAsked(found.value, entry.scopes);
      if (scopes === undefined) return refused({ reason: 'scope', entry, row, resource });
      const wish = {
        action: 'enter',
        resource: { kind, id: name, groups },
        entry: { ...contextOf(found.value, scopes, person), resource: id },
      } as const;
      const knownDevice = session?.knownDevice ?? false;
      const request = policyRequest(person, wish, arrival, knownDevice, now);
      const answer = active.ladder(request, given, []);
      const { policies } = answer;
      if (answer.state !== 'permitted') {
        return refused({ reason: 'not-permitted', entry, row, resource, policies });
      }
      for (const each of policies) policiesOf.add(each);
      const stale = wish.entry.sensitive && active.ladder(request, shown, []).state !== 'permitted';
      left.push(stale ? withoutSensitive(found.value, scopes) : scopes);
    }
    return { state: 'granted', scopes: left, row, policies: [...policiesOf] };
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
          scopes: bounded(entry?.scopes ?? []).map((scope) => scope.slice(0, 64)),
          ...(policies === undefined ? {} : { policies: bounded(policies) }),
        },
      }),
    );
  }

  /** From here on the grant is one of the person as they are now. */
  async function raise({ row, policies }: Granted, arrival: Arrival): Promise<void> {
    const { id, client_id, subject_id, session_id, subject_epoch } = row;
    await store.write(async (tx) => {
      if ((await tx.run(raiseGrant, { id, epoch: subject_epoch })) !== 1) return;
      await record.append(tx, {
        type: 'entry.granted',
        outcome: 'granted',
        ...byArrival(arrival),
        subject: subject_id,
        ...(session_id === null ? {} : { session: session_id }),
        data: {
          resource: { kind: 'application', id: client_id },
          scopes: bounded(row.scopes.split(' ')),
          proofs: forRecord(readShown(row.proofs), clock.now()).slice(0, 16),
          grant: id,
          policies: bounded(policies),
        },
      });
    });
  }

  return async (grant, { entries, whole }, arrival) => {
    const answer = await store.read((q) => judged(q, grant, entries, arrival));
    if (answer.state === 'refused') {
      await note(grant, answer, arrival);
      return { state: 'refused', reason: answer.reason };
    }
    const { row, scopes } = answer;
    if (whole && row.epoch !== row.subject_epoch) await raise(answer, arrival);
    return { state: 'granted', scopes };
  };
}

function withoutSensitive({ resource }: Entrance, scopes: readonly string[]): readonly string[] {
  return scopes.filter((scope) => !sensitiveAmong(resource, [scope]));
}
