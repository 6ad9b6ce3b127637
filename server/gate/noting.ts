/**
 * What the gate answers goes on record before it is answered, and here is how: a permission, a refusal, the use of a session. What
 * repeats is counted instead. A fault on the way is noted too, and is a refusal itself.
 */
import { MINUTE } from '../kernel/clock.ts';
import type { PersonId } from '../kernel/id.ts';
import type { Tx } from '../store/store.ts';
import { type Arrival, byArrival } from './arrival.ts';
import { forAccess } from './ask.ts';
import type { GateDeps } from './gate-deps.ts';
import type { Judgement } from './judge.ts';
import { noteFault } from './note-fault.ts';
import { touchSession } from './sessions/session-table.ts';
import type { LiveSession } from './sessions/sessions.ts';
import { createFewOfEach } from './throttles/few-a-minute.ts';
import { createSeldom } from './throttles/seldom.ts';
import type { Wish } from './wish.ts';

/** How stale a session's last use may be on its row: each use would cost a write otherwise. */
const TOUCH_EVERY = MINUTE;
/** Of one session in a minute. */
const MOST_UNPROVEN = 5;
/** Of one person in a minute, whatever they may not do: nobody tries more by hand, and what goes on and on is counted. */
const MOST_REFUSED = 60;

export function createNoting(
  deps: Pick<GateDeps, 'store' | 'record' | 'counter' | 'clock' | 'report'> & {
    readonly limits: Pick<GateDeps['limits'], 'binding'>;
  },
) {
  const { store, record, counter, clock, limits } = deps;
  const firstUnproven = createSeldom(clock, limits.binding.interval);
  const fewUnproven = createFewOfEach(clock, MOST_UNPROVEN);
  const fewRefused = createFewOfEach(clock, MOST_REFUSED);

  /** A fault on the way to a decision is the decision: no. */
  async function closedOnFault<T>(
    arrival: Arrival,
    action: string | undefined,
    work: () => Promise<T>,
  ): Promise<T | { state: 'refused'; reason: 'unavailable' }> {
    try {
      return await work();
    } catch (fault) {
      await noteFault(deps, fault, arrival, action);
      return { state: 'refused', reason: 'unavailable' };
    }
  }

  /** Looking at one person is on record as it is; repeats of a session's own reads are counted. */
  async function noteGrant(
    { session, policies }: Judgement & { state: 'granted' },
    wish: Wish,
    arrival: Arrival,
  ): Promise<void> {
    const { subject } = session;
    const { action, resource } = wish;
    const { door } = arrival;
    if (resource.kind !== 'person') {
      const { kind, id } = resource;
      const entered = { kind, id };
      const type = 'decision.counted';
      return counter.count({ type, outcome: 'granted', subject, door, action, resource: entered });
    }
    const data = forAccess(wish, policies);
    const concerned = resource.id as PersonId; // The resource of this kind is named by the person's id.
    await store.write((tx) =>
      record.append(tx, {
        type: 'access.granted',
        outcome: 'granted',
        ...byArrival(arrival),
        actor: subject,
        subject: concerned,
        session: session.id,
        data,
      }),
    );
  }

  /** When the time for showing a key is over and there is none, that is on record, once. */
  async function touch(tx: Tx, session: LiveSession, now: number, arrival: Arrival): Promise<void> {
    const { id, subject, binding, seenAt, expiresAt } = session;
    if ((await tx.run(touchSession, { id, now })) !== 1) return;
    const since = session.createdAt + limits.binding.interval;
    if (binding !== 'unbound' || now < since || seenAt >= since) return;
    const data = { until: expiresAt };
    const who = { subject, session: id };
    await record.append(tx, {
      type: 'session.unbound',
      outcome: 'done',
      ...byArrival(arrival),
      ...who,
      data,
    });
  }

  async function touchNow(session: LiveSession, arrival: Arrival): Promise<void> {
    const now = clock.now();
    if (session.seenAt + TOUCH_EVERY > now) return;
    await store.write((tx) => touch(tx, session, now, arrival));
  }

  /** Nothing is answered before it is on record. */
  async function note(judged: Judgement, wish: Wish, arrival: Arrival): Promise<void> {
    if (judged.state !== 'granted') {
      if ('session' in judged) await noteRefusal(judged, wish, arrival);
      return;
    }
    await touchNow(judged.session, arrival);
    await noteGrant(judged, wish, arrival);
  }

  /** Asleep overnight, or stolen: either looks like this. */
  async function noteUnproven(session: LiveSession, wish: Wish, arrival: Arrival): Promise<void> {
    const { id, subject } = session;
    // As much of the browser's name as is on record. Whoever says another each time is told of so often, and no more.
    const browser = arrival.userAgent?.slice(0, 512);
    if (!firstUnproven(`${id} ${arrival.network} ${browser}`) || !fewUnproven(id)) return;
    await store.write((tx) =>
      record.append(tx, {
        type: 'session.key-wanted',
        outcome: 'refused',
        ...byArrival(arrival),
        subject,
        session: id,
        data: forAccess(wish, []),
      }),
    );
  }

  async function noteRefusal(
    judged: Exclude<Judgement, { state: 'granted' }>,
    wish: Wish,
    arrival: Arrival,
  ): Promise<void> {
    if (judged.state === 'refused' && judged.reason === 'unproven-key') {
      return noteUnproven(judged.session, wish, arrival);
    }
    const who = 'session' in judged ? judged.session : undefined;
    if (who !== undefined && !fewRefused(who.subject)) {
      const { action, resource } = forAccess(wish, []);
      const { door } = arrival;
      const of = { subject: who.subject, door, action, resource };
      return counter.count({ type: 'decision.counted', outcome: 'refused', ...of });
    }
    await store.write((tx) =>
      record.append(tx, {
        type: 'access.refused',
        outcome: judged.state === 'challenged' ? 'challenged' : 'refused',
        ...byArrival(arrival),
        actor: who?.subject,
        subject: wish.resource.kind === 'person' ? (wish.resource.id as PersonId) : who?.subject,
        session: who?.id,
        reason: judged.state === 'challenged' ? 'stale' : judged.reason,
        data: forAccess(wish, 'policies' in judged ? judged.policies : []),
      }),
    );
  }

  return { closedOnFault, touchNow, note, noteRefusal };
}
