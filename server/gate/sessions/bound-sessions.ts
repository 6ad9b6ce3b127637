/**
 * Bound sessions: a person's session in a browser is worth something only together with a key which that browser made and
 * can't give away (T1539). The way of one, step by step:
 *
 *   bind     right after the sign-in the page shows a new key, by signing a nonce of ours for this session and site
 *   use      a cookie says when the key was shown last, and buys requests for one interval; checking it is one MAC
 *   prove    before the interval is over, and before anything sensitive, the page signs another nonce
 *
 * So a stolen cookie is of use for what is left of an interval, and never for anything sensitive. Whoever tries it without the
 * key is on record; whoever shows another key ends the session, and those who watch are alerted. A session that was bound
 * stays bound, through step-ups too. Programs with a bearer token hold their token themselves, and are not concerned.
 */
import { type Clock, SECOND } from '../../kernel/clock.ts';
import type { Random } from '../../kernel/random.ts';
import { type ActionGroup, actions } from '../../policy/actions.ts';
import type { Counter } from '../../record/counter.ts';
import type { Recorder } from '../../record/record.ts';
import type { Queries, Store, Tx } from '../../store/store.ts';
import type { Vault } from '../../vault/vault.ts';
import { type Arrival, byArrival } from '../arrival.ts';
import { createFewOfEach } from '../throttles/few-a-minute.ts';
import type { Wish } from '../wish.ts';
import { readBrowserKey, signedBy } from './browser-key.ts';
import { createKeyPapers } from './key-papers.ts';
import { bindSession, keyOfSession, spendNonce } from './session-key-table.ts';
import type { SessionId } from './session-table.ts';
import type { LiveSession, Sessions } from './sessions.ts';

export interface BindingLimits {
  /** Whether a browser that can hold no key is refused. */
  readonly required: boolean;
  /** For how long requests are bought by one proof of the key, and for how long after its beginning a session can be bound. */
  readonly interval: number;
}

/** Of one person in a minute, by whichever session: what else is shown for nothing is counted. */
const MOST_TOLD = 5;
/** What is sensitive wants a proof made for it. This is how long a proof takes on its way, over a poor line. */
const FRESH = 10 * SECOND;
/** The page proves again while so much of the interval is left. */
const AHEAD = 0.2;

/** What a page has to do for its session. */
export type Standing =
  | { readonly state: 'new' }
  | { readonly state: 'held'; readonly renewInMs: number };

export interface ToSign {
  readonly state: 'done';
  readonly session: SessionId;
  readonly nonce: string;
}

export interface KeyShown {
  readonly nonce: string;
  readonly signature: string;
  /** The key itself, where it is shown for the first time. */
  readonly key?: string | undefined;
}

export type Shown =
  | { readonly state: 'done'; readonly keyProof: string; readonly renewInMs: number }
  /**
   * `stale`: the nonce was used, has ended, or is of another session: ask for another. `wrong-key`: the session is over.
   * `too-late`: it began too long ago to be bound now.
   */
  | {
      readonly state: 'refused';
      readonly reason: 'no-session' | 'stale' | 'wrong-key' | 'too-late' | 'malformed';
    };

/** What a door asks: no more is answered by a fault than that it can't be done now. */
export interface BrowserKeys {
  /** Undefined where there is nothing to do. It decides nothing, and a fault tells nothing. */
  standing(token: string, arrival: Arrival): Promise<Standing | undefined>;
  toSign(token: string, arrival: Arrival): Promise<ToSign | Unavailable | undefined>;
  show(token: string, shown: KeyShown, arrival: Arrival): Promise<Shown | Unavailable>;
}

interface Unavailable {
  readonly state: 'refused';
  readonly reason: 'unavailable';
}

export interface BoundSessions {
  /** Whether a request may use the session: what judges it asks this first. Fast. */
  holds(session: LiveSession, arrival: Arrival, wish?: Pick<Wish, 'action' | 'entry'>): boolean;
  /** Undefined where there is nothing to do. */
  standing(token: string, arrival: Arrival): Promise<Standing | undefined>;
  toSign(token: string): Promise<ToSign | undefined>;
  show(token: string, shown: KeyShown, arrival: Arrival): Promise<Shown>;
  /** For the session that takes another's place: the key need not be shown again. */
  carryOver(from: LiveSession, to: SessionId, arrival: Arrival): string | undefined;
}

interface ProofRefused {
  readonly type: 'session.proof-refused';
  readonly outcome: 'refused';
  readonly reason: 'used' | 'expired';
}

function isSensitive({ action, entry }: Pick<Wish, 'action' | 'entry'>): boolean {
  const groups: readonly ActionGroup[] = actions[action].groups;
  return groups.includes('sensitive') || entry?.sensitive === true;
}

export function createBoundSessions(
  deps: {
    readonly store: Store;
    readonly vault: Vault;
    readonly record: Recorder;
    readonly counter: Pick<Counter, 'count'>;
    readonly clock: Clock;
    readonly random: Random;
  },
  sessions: Sessions,
  limits: BindingLimits,
): BoundSessions {
  const { store, vault, record, counter, clock, random } = deps;
  const fewRefused = createFewOfEach(clock, MOST_TOLD);
  const papers = createKeyPapers({ clock, random, key: vault.derive('bound sessions') });
  const { interval } = limits;

  const shownAt = (session: SessionId, { keyProof }: Arrival) =>
    keyProof === undefined ? undefined : papers.readProof(keyProof, session);
  const renewIn = (at: number) => Math.max(0, at + interval * (1 - AHEAD) - clock.now());
  const bindable = (session: LiveSession) =>
    session.binding === 'unbound' && clock.now() < session.createdAt + interval;

  const live = (token: string) => store.read(async (q) => sessions.check(q, token));

  async function note(
    tx: Tx,
    session: LiveSession,
    arrival: Arrival,
    told:
      | { type: 'session.bound'; outcome: 'done' }
      | ProofRefused
      | { type: 'session.key-refused'; outcome: 'refused' },
  ): Promise<void> {
    const { subject, id } = session;
    await record.append(tx, { ...byArrival(arrival), subject, session: id, ...told });
  }

  /** Whoever has the cookie shows a nonce as often as they like. */
  async function noteRefused(
    tx: Tx,
    session: LiveSession,
    arrival: Arrival,
    reason: ProofRefused['reason'],
  ): Promise<void> {
    const { subject } = session;
    if (fewRefused(subject)) {
      const type = 'session.proof-refused';
      return note(tx, session, arrival, { type, outcome: 'refused', reason });
    }
    tx.afterCommit(() =>
      counter.count({
        type: 'decision.counted',
        outcome: 'refused',
        subject,
        door: arrival.door,
        action: 'session key',
        resource: { kind: 'part', id: 'portal' },
      }),
    );
  }

  /** The key that the signature is to be of: the session's own, and for one that has none the one that is shown. */
  async function keyFor(q: Queries, session: LiveSession, shown: Uint8Array | undefined) {
    const row = await q.one(keyOfSession, { id: session.id });
    return row?.bound_key ?? (session.binding === 'unbound' ? shown : undefined);
  }

  function same(a: Uint8Array, b: Uint8Array): boolean {
    return Buffer.compare(a, b) === 0;
  }

  /** Someone has the cookie and another key: whoever of the two is the thief, the session is over. */
  async function endStolen(session: LiveSession, nonce: string, arrival: Arrival): Promise<Shown> {
    const read = papers.readNonce(nonce, session.id);
    await store.write(async (tx) => {
      if (read !== undefined) await tx.run(spendNonce, { name: read.name, expiresAt: read.until });
      if (!(await sessions.end(tx, session.id))) return;
      await note(tx, session, arrival, { type: 'session.key-refused', outcome: 'refused' });
    });
    return { state: 'refused', reason: 'wrong-key' };
  }

  return {
    holds(session, arrival, wish) {
      if (session.binding === 'none') return true;
      if (session.binding === 'unbound') return !limits.required;
      const at = shownAt(session.id, arrival);
      if (at === undefined) return false;
      return clock.now() - at < (wish && isSensitive(wish) ? FRESH : interval);
    },

    async standing(token, arrival) {
      const session = await live(token);
      if (session === undefined || session.binding === 'none') return undefined;
      if (session.binding === 'unbound') return bindable(session) ? { state: 'new' } : undefined;
      const at = shownAt(session.id, arrival);
      return { state: 'held', renewInMs: at === undefined ? 0 : renewIn(at) };
    },

    async toSign(token) {
      const session = await live(token);
      if (session === undefined || session.binding === 'none') return undefined;
      return { state: 'done', session: session.id, nonce: papers.nonce(session.id) };
    },

    async show(token, { nonce, signature, key }, arrival) {
      const session = await live(token);
      if (session === undefined || session.binding === 'none') {
        return { state: 'refused', reason: 'no-session' };
      }
      const given = key === undefined ? undefined : readBrowserKey(key);
      if (key !== undefined && given === undefined)
        return { state: 'refused', reason: 'malformed' };
      if (given !== undefined && session.binding === 'unbound' && !bindable(session)) {
        return { state: 'refused', reason: 'too-late' };
      }
      const read = papers.readNonce(nonce, session.id);
      if (read === undefined) {
        await store.write((tx) => noteRefused(tx, session, arrival, 'expired'));
        return { state: 'refused', reason: 'stale' };
      }
      const asked = await store.read((q) => keyFor(q, session, given));
      if (asked === undefined) return { state: 'refused', reason: 'malformed' };
      const signed = {
        purpose: key === undefined ? 'prove' : 'bind',
        origin: arrival.origin ?? '',
        session: session.id,
        nonce,
      } as const;
      if ((given !== undefined && !same(given, asked)) || !signedBy(asked, signed, signature)) {
        // What signs wrongly before there is a key has shown nothing, and harms nobody.
        return session.binding === 'unbound'
          ? { state: 'refused', reason: 'malformed' }
          : endStolen(session, nonce, arrival);
      }
      const now = clock.now();
      const settled = await store.write(async (tx) => {
        const [first, still] = [
          await tx.run(spendNonce, { name: read.name, expiresAt: read.until }),
          await sessions.live(tx, session.id),
        ];
        if (still === undefined) return 'no-session';
        if (first !== 1) {
          await noteRefused(tx, session, arrival, 'used');
          return 'stale';
        }
        if ((await tx.run(bindSession, { id: session.id, key: asked, now })) === 1) {
          await note(tx, session, arrival, { type: 'session.bound', outcome: 'done' });
          return 'done';
        }
        // Two pages of one browser may both come with its key; another key comes from another browser.
        const bound = await tx.one(keyOfSession, { id: session.id });
        return bound?.bound_key && same(bound.bound_key, asked) ? 'done' : 'wrong-key';
      });
      if (settled === 'wrong-key') return endStolen(session, nonce, arrival);
      if (settled !== 'done') return { state: 'refused', reason: settled };
      return { state: 'done', keyProof: papers.proof(session.id, now), renewInMs: renewIn(now) };
    },

    carryOver(from, to, arrival) {
      const at = from.binding === 'bound' ? shownAt(from.id, arrival) : undefined;
      return at === undefined ? undefined : papers.proof(to, at);
    },
  };
}
