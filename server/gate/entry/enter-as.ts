/**
 * A person who comes into a resource, by the session that they have: judged as all that is asked in a session is (judge.ts), with
 * what policies are told of an entry. Where a proof is missing or not fresh enough, the answer is a challenge, and the wish to
 * step up with.
 *
 * With `make`, it is one transaction: what it writes, such as a grant, and the event stand or fall together. Without it, nothing
 * is made, and it may be asked for each request of a browser: the first of a session is on record, and what follows is counted.
 */
import { MINUTE } from '../../kernel/clock.ts';
import { Fault } from '../../kernel/fault.ts';
import { failed, ok } from '../../kernel/result.ts';
import type { Queries, Tx } from '../../store/store.ts';
import { writeOrUndo } from '../../store/undo.ts';
import { type Arrival, byArrival } from '../arrival.ts';
import type { GateDeps } from '../gate-deps.ts';
import { holdShared } from '../holding-table.ts';
import type { Judge, Judgement } from '../judge.ts';
import type { BoundSessions } from '../sessions/bound-sessions.ts';
import type { LiveSession, Sessions } from '../sessions/sessions.ts';
import { bounded, forRecord } from '../shown.ts';
import { createSeldom, ONCE } from '../throttles/seldom.ts';
import type { Wish } from '../wish.ts';
import {
  type EnteredAs,
  type EntryAs,
  type EntryAsOutcome,
  type EntryRefused,
  type EntryTarget,
  Unmade,
} from './entering.ts';
import { contextOf, type Entrance, scopesAsked } from './entrances.ts';

export type EnteringAs = <T = undefined>(
  session: string,
  entry: EntryAs,
  arrival: Arrival,
  make?: (tx: Tx, entered: EnteredAs) => Promise<T | Unmade<T>>,
) => Promise<EntryAsOutcome<T>>;

/** What a door may ask before anyone is asked who they are. */
export type Looking = (
  target: EntryTarget,
  arrival: Arrival,
) => Promise<
  | (Pick<Entrance, 'function' | 'sensitive' | 'public'> & { readonly state: 'found' } & {
      readonly resource: Entrance['resource'];
    })
  | EntryRefused
>;

type Judged =
  | {
      readonly state: 'granted';
      readonly session: LiveSession;
      readonly entrance: Entrance;
      readonly wish: Wish & { readonly entry: NonNullable<Wish['entry']> };
      readonly policies: readonly string[];
    }
  | {
      readonly state: 'challenged' | 'refused';
      readonly answer: Extract<EntryAsOutcome<never>, { state: 'challenged' | 'refused' }>;
      readonly because: 'stale' | 'not-permitted' | 'no-session' | 'unproven-key';
      readonly session?: LiveSession | undefined;
      readonly entrance?: Entrance | undefined;
      readonly policies?: readonly string[] | undefined;
    };

/** People come to many places, and each of their sessions anew. */
const MOST_KNOWN = 100_000;
/** What repeats are counted for that lead to no resource at all, by whatever name it was called. */
const NO_RESOURCE = { kind: 'part', id: 'unknown' } as const;
/** For so long after a sign-in its browser may be under way with its key. */
const SETTLING = MINUTE;

export function createEnterAs(
  deps: Pick<GateDeps, 'store' | 'record' | 'counter' | 'people' | 'entrances' | 'clock' | 'ids'>,
  parts: {
    readonly sessions: Sessions;
    readonly judge: Judge;
    readonly bound: Pick<BoundSessions, 'holds'>;
    /** Notes that a session was used, on its row. */
    readonly touch: (session: LiveSession, arrival: Arrival) => Promise<void>;
  },
): { readonly enterAs: EnteringAs; readonly look: Looking } {
  const { store, record, counter, people, entrances, clock, ids } = deps;
  const { sessions, judge, bound, touch } = parts;
  /** Whether what a session enters is not on record yet. */
  const first = createSeldom(clock, ONCE, MOST_KNOWN);

  async function judged(
    q: Queries,
    token: string,
    entry: EntryAs,
    arrival: Arrival,
  ): Promise<Judged> {
    const [session, found] = await Promise.all([
      sessions.check(q, token),
      entrances.find(q, entry.resource, arrival),
    ]);
    const no = (
      reason: EntryRefused['reason'],
      because: 'not-permitted' | 'no-session' | 'unproven-key',
      policies?: readonly string[],
      closed = false,
    ): Judged => ({
      state: 'refused',
      answer: { state: 'refused', reason, ...(closed ? { closed } : {}) },
      because,
      session,
      entrance: found.ok ? found.value : undefined,
      policies,
    });
    if (session === undefined) return no('no-session', 'no-session');
    // A script with a token acts within its scopes, which are of this house; who enrols proofs is not in yet.
    if (session.kind !== 'full') return no('not-permitted', 'not-permitted');
    if (!found.ok) return no(found.error, 'not-permitted', undefined, true);
    const entrance = found.value;
    const scopes = scopesAsked(entrance, entry.scopes);
    if (scopes === undefined) return no('scope', 'not-permitted');
    const { kind, name, id, groups } = entrance.resource;
    const wish = {
      action: 'enter',
      resource: { kind, id: name, groups },
      entry: { ...contextOf(entrance, scopes, session), resource: id },
    } as const;
    const judgement: Judgement = await judge(q, token, wish, arrival);
    switch (judgement.state) {
      case 'granted':
        return { ...judgement, entrance, wish };
      case 'challenged': {
        const { kinds, policies } = judgement;
        return {
          state: 'challenged',
          answer: { state: 'challenged', session, wish, kinds },
          because: 'stale',
          session,
          entrance,
          policies,
        };
      }
      case 'refused':
        switch (judgement.reason) {
          case 'no-session':
            return no('no-session', 'no-session');
          case 'unproven-key':
            return no('unproven-key', 'unproven-key');
          case 'not-permitted':
            return no('not-permitted', 'not-permitted', judgement.policies, judgement.closed);
        }
    }
  }

  /**
   * Whether to be asked for a key is what happens to everyone: right after the sign-in, and where it was shown a while ago and
   * has to be shown for this. The page shows it and comes back by itself, so that nobody was refused anything.
   */
  function isHandShake(session: LiveSession, arrival: Arrival): boolean {
    return bound.holds(session, arrival) || clock.now() < session.createdAt + SETTLING;
  }

  async function noteRefusal(
    refused: Exclude<Judged, { state: 'granted' }>,
    entry: EntryAs,
    arrival: Arrival,
  ): Promise<void> {
    const { session, entrance, because, policies, state } = refused;
    if (session === undefined) return; // Whoever has none is nobody, and may be anyone at any rate.
    if (because === 'unproven-key' && isHandShake(session, arrival)) return;
    const resource = entrance && { kind: entrance.resource.kind, id: entrance.resource.id };
    // Repeats are counted: a page that reloads itself must not fill the disk.
    const key = `${session.id} ${state} ${because} ${entrance?.resource.id} ${entrance?.function}`;
    if (!first(key)) {
      const { door } = arrival;
      counter.count({
        type: 'decision.counted',
        outcome: 'refused',
        subject: session.subject,
        door,
        action: 'enter',
        resource: resource ?? NO_RESOURCE,
      });
      return;
    }
    await store.write((tx) =>
      record.append(tx, {
        type: 'entry.refused',
        outcome: state,
        ...byArrival(arrival),
        subject: session.subject,
        session: session.id,
        reason: because,
        data: {
          ...(resource === undefined ? {} : { resource }),
          scopes: bounded(entry.scopes).map((scope) => scope.slice(0, 64)),
          ...(policies === undefined ? {} : { policies: bounded(policies) }),
          ...(entrance?.function ? { function: entrance.function } : {}),
        },
      }),
    );
  }

  async function epochOf(q: Queries, { subject }: LiveSession): Promise<number> {
    const person = await people.get(q, subject);
    if (person === undefined) throw new Fault('gate', 'a session of nobody');
    return person.epoch;
  }

  function enteredAs(granted: Judged & { state: 'granted' }, epoch: number): EnteredAs {
    const { session, entrance, wish, policies } = granted;
    return {
      grant: ids.next<'grant'>(),
      session,
      resource: entrance.resource,
      scopes: wish.entry.scopes,
      sensitive: wish.entry.sensitive,
      function: wish.entry.function,
      proofs: session.shown,
      policies,
      epoch,
      now: clock.now(),
    };
  }

  function grantedEvent(
    tx: Tx,
    { session, resource, scopes, proofs, policies, now, grant, ...as }: EnteredAs,
    arrival: Arrival,
    made: boolean,
  ) {
    return record.append(tx, {
      type: 'entry.granted',
      outcome: 'granted',
      ...byArrival(arrival),
      subject: session.subject,
      session: session.id,
      data: {
        resource: { kind: resource.kind, id: resource.id },
        scopes: bounded(scopes),
        proofs: forRecord(proofs, now).slice(0, 16),
        ...(made ? { grant } : {}),
        policies: bounded(policies),
        ...(as.function === '' ? {} : { function: as.function }),
      },
    });
  }

  async function making<T>(
    token: string,
    entry: EntryAs,
    arrival: Arrival,
    make: (tx: Tx, entered: EnteredAs) => Promise<T | Unmade<T>>,
  ): Promise<EntryAsOutcome<T>> {
    type Made = { readonly value: T; readonly entered: EnteredAs };
    const done = await writeOrUndo<Made, Unmade<Made> | Exclude<Judged, { state: 'granted' }>>(
      store,
      async (tx) => {
        const session = await sessions.check(tx, token);
        if (session !== undefined) tx.put(holdShared, { id: session.subject });
        const one = await judged(tx, token, entry, arrival);
        if (one.state !== 'granted') return failed(one);
        const entering = enteredAs(one, await epochOf(tx, one.session));
        const [value] = await Promise.all([
          make(tx, entering),
          grantedEvent(tx, entering, arrival, true),
        ]);
        return value instanceof Unmade
          ? failed(new Unmade({ value: value.value, entered: entering }))
          : ok({ value, entered: entering });
      },
    );
    if (done.ok) return { state: 'granted', ...done.value };
    if (done.error instanceof Unmade) return { state: 'granted', ...done.error.value };
    await noteRefusal(done.error, entry, arrival);
    return done.error.answer;
  }

  async function asking(
    token: string,
    entry: EntryAs,
    arrival: Arrival,
  ): Promise<EntryAsOutcome<undefined>> {
    const { one, epoch } = await store.read(async (q) => {
      // First who they are, then what they may: so who becomes another in between is seen to by whoever compares.
      const session = await sessions.check(q, token);
      const epoch = session === undefined ? 0 : await epochOf(q, session);
      return { one: await judged(q, token, entry, arrival), epoch };
    });
    if (one.state !== 'granted') {
      await noteRefusal(one, entry, arrival);
      return one.answer;
    }
    const entering = enteredAs(one, epoch);
    const { session, resource } = entering;
    if (first(`${session.id} granted ${resource.id} ${entering.function}`)) {
      await store.write((tx) => grantedEvent(tx, entering, arrival, false));
    } else {
      counter.count({
        type: 'decision.counted',
        outcome: 'granted',
        subject: session.subject,
        door: arrival.door,
        action: 'enter',
        resource: { kind: resource.kind, id: resource.id },
      });
    }
    await touch(session, arrival);
    return { state: 'granted', value: undefined, entered: entering };
  }

  return {
    enterAs: <T>(
      token: string,
      entry: EntryAs,
      arrival: Arrival,
      make?: (tx: Tx, entered: EnteredAs) => Promise<T | Unmade<T>>,
    ) =>
      make === undefined
        ? (asking(token, entry, arrival) as Promise<EntryAsOutcome<T>>) // Nothing made is undefined.
        : making(token, entry, arrival, make),

    async look(target, arrival) {
      const found = await store.read((q) => entrances.find(q, target, arrival));
      return found.ok
        ? { state: 'found', ...found.value }
        : { state: 'refused', reason: found.error };
    },
  };
}
