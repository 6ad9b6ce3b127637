/**
 * Whether a request to a site behind a proxy may pass. It is asked for every picture of every page, so a decision is kept under
 * all that it depended on, and is void when any of that changes:
 *
 *     who shows what   the cookie or token, hashed
 *     what is wanted   the site and its version, the rule, the method, the network
 *     who they are     the subject's epoch and status, the session, the grant, their ends
 *     the policy       its version
 *
 * What can be seen without reading it is that nobody committed anything. Where somebody did, one row is read and compared. And
 * however little changes, each decision is made anew after some seconds, since policies may look at the time.
 */
import { hash } from 'node:crypto';
import { createBoundedMap } from '../../../kernel/bounded-map.ts';
import { type Clock, MINUTE, SECOND } from '../../../kernel/clock.ts';
import type { Counter, Repeat } from '../../../record/counter.ts';
import type { Recorder } from '../../../record/record.ts';
import type { Queries, Store } from '../../../store/store.ts';
import type { Resource } from '../../../subjects/resource.ts';
import { type Arrival, byArrival } from '../../arrival.ts';
import type { Entrance, Entrances } from '../../entry/entrances.ts';
import type { ActivePolicies } from '../../gate-deps.ts';
import { noteFault } from '../../note-fault.ts';
import { touchSession } from '../../sessions/session-table.ts';
import { bounded, forRecord } from '../../shown.ts';
import { createFewAMinute } from '../../throttles/few-a-minute.ts';
import { createSeldom, ONCE } from '../../throttles/seldom.ts';
import type { NoteRefusedAtSite } from '../../throttles/site-refusals.ts';
import type {
  JudgeAtSite,
  Judged,
  ShownAtSite,
  SiteAsk,
  SiteCheck,
  SiteVerdict,
} from './site-words.ts';

interface Kept {
  readonly judged: Judged;
  readonly site: number;
  readonly policy: number;
  readonly function: string;
  readonly repeat: Extract<Repeat, { type: 'decision.counted' }>;
  /** The state of the database as of which it was last seen to hold; undefined where that can't be told. */
  mark: number | undefined;
  seenAt: number;
}

const MOST_KEPT = 50_000;
/** By each page that was asked for, and not only by who asks: forgetting one costs a look at the other. */
const MOST_LATEST = 20_000;
const MOST_KNOWN = 100_000;
/** A few seconds, and not the same for all: what came in together need not be judged anew together. */
const LASTS = 4 * SECOND;
const APART = 31;
const STEP = 64;
/** How stale a session's last use may be on its row. */
const TOUCH_EVERY = MINUTE;

export function createSiteCheck(deps: {
  readonly store: Store;
  readonly record: Recorder;
  readonly counter: Pick<Counter, 'count'>;
  readonly entrances: Entrances;
  readonly policies: {
    current(q: Queries): Promise<ActivePolicies>;
  };
  readonly clock: Clock;
  readonly judges: Readonly<Record<Exclude<ShownAtSite['kind'], 'nothing'>, JudgeAtSite>>;
  /** Notes what is refused before anyone is asked who they are. */
  readonly refused: NoteRefusedAtSite;
  readonly report: (fault: unknown) => void;
}): SiteCheck {
  const { store, record, counter, entrances, policies, clock, judges, refused, report } = deps;
  const kept = createBoundedMap<string, Kept>(MOST_KEPT);
  const first = createSeldom(clock, ONCE, MOST_KNOWN);
  const faultToTell = createFewAMinute(clock);
  let turn = 0;
  const lasts = () => {
    turn = (turn + 1) % STEP;
    return LASTS + turn * APART;
  };

  async function decide(q: Queries, ask: SiteAsk): Promise<SiteVerdict | Kept> {
    const found = await entrances.find(q, ask, ask.arrival);
    if (!found.ok) return { state: 'refused', reason: noEntrance(found.error) };
    const entrance = found.value;
    const { resource } = entrance;
    const site = { id: resource.id, name: resource.name };
    if (entrance.public)
      return { state: 'granted', site, who: undefined, until: clock.now() + LASTS };
    // Fetch §4.8: whoever asks for leave to ask shows nothing, and gets none where something has to be shown.
    if (ask.preflight) return { state: 'refused', reason: 'not-permitted' };
    const { shown } = ask;
    if (shown.kind === 'nothing') return { state: 'nobody', site, shown: false };
    const active = await policies.current(q);
    const key = keyOf({ ...ask, shown }, entrance);
    const known = kept.get(key);
    if (known !== undefined && (await holds(q, known, resource, active.version))) return known;
    const judged = await judges[shown.kind](q, ask, entrance, active);
    const fresh: Kept = {
      judged: { ...judged, until: Math.min(judged.until, clock.now() + lasts()) },
      site: resource.epoch,
      policy: active.version,
      function: entrance.function,
      mark: q.mark?.(),
      seenAt: judged.session?.seenAt ?? 0,
      repeat: {
        type: 'decision.counted',
        outcome: judged.verdict.state === 'granted' ? 'granted' : 'refused',
        subject: judged.subject,
        door: ask.arrival.door,
        action: 'enter',
        resource: { kind: 'site', id: resource.id },
      },
    };
    if (judged.verdict.state === 'granted' && !isForOnce(shown)) kept.set(key, fresh);
    return fresh;
  }

  async function holds(
    q: Queries,
    known: Kept,
    resource: Resource,
    version: number,
  ): Promise<boolean> {
    if (known.policy !== version || known.site !== resource.epoch) return false;
    if (clock.now() >= known.judged.until) return false;
    const mark = q.mark?.();
    if (mark !== undefined && mark === known.mark) return true;
    if ((await known.judged.reread(q)) !== known.judged.facts) return false;
    known.mark = mark;
    return true;
  }

  /** Nothing is answered that is not on record: the first of its kind by itself, the others counted. */
  function use(known: Kept, ask: SiteAsk): SiteVerdict | Promise<SiteVerdict> {
    const { judged, repeat } = known;
    touch(known);
    const { verdict, holder } = judged;
    if (holder === undefined || !first(`${holder} ${known.function} ${verdict.state}`)) {
      counter.count(repeat);
      return verdict;
    }
    return note(known, ask.arrival).then(() => verdict);
  }

  function touch(known: Kept): void {
    const { session } = known.judged;
    const now = clock.now();
    if (session === undefined || known.seenAt + TOUCH_EVERY > now) return;
    known.seenAt = now;
    const { id } = session;
    // Nobody waits for it: the session's last use may be a little older on its row than it was.
    store.write((tx) => tx.run(touchSession, { id, now }), { durable: false }).catch(report);
  }

  async function note({ judged, repeat, function: name }: Kept, arrival: Arrival): Promise<void> {
    const { verdict, session, subject, proofs } = judged;
    const common = {
      ...byArrival(arrival),
      subject,
      ...(session === undefined ? {} : { session: session.id }),
    };
    const data = {
      resource: repeat.resource,
      scopes: [],
      ...(name === '' ? {} : { function: name }),
    };
    const policies = bounded(judged.policies);
    if (verdict.state === 'nobody') {
      const told = { type: 'proxy.copy-refused', outcome: 'refused', reason: 'used' } as const;
      const { resource } = repeat;
      await store.write((tx) => record.append(tx, { ...common, ...told, data: { resource } }));
      return;
    }
    await store.write((tx) =>
      verdict.state === 'granted'
        ? record.append(tx, {
            type: 'entry.granted',
            outcome: 'granted',
            ...common,
            data: { ...data, proofs: forRecord(proofs, clock.now()).slice(0, 16), policies },
          })
        : record.append(tx, {
            type: 'entry.refused',
            outcome: verdict.state === 'challenged' ? 'challenged' : 'refused',
            ...common,
            reason: REASONS[verdict.state],
            data: { ...data, policies },
          }),
    );
  }

  /** Decisions as of one state of the database, by all that was asked: what most requests find. */
  const latest = createBoundedMap<string, Kept>(MOST_LATEST);
  let latestMark: number | undefined;

  function lately(q: Queries, key: string): Kept | undefined {
    const mark = q.mark?.();
    if (mark === undefined || mark !== latestMark) {
      latest.clear();
      latestMark = mark;
      return undefined;
    }
    const known = latest.get(key);
    return known !== undefined && clock.now() < known.judged.until ? known : undefined;
  }

  function keepLately(key: string, decided: Kept, { shown }: SiteAsk): void {
    const lasting = decided.judged.verdict.state === 'granted' && !isForOnce(shown);
    if (!lasting || latestMark === undefined || decided.mark !== latestMark) return;
    latest.set(key, decided);
  }

  async function answer(ask: SiteAsk, key: string, deciding: Promise<SiteVerdict | Kept>) {
    try {
      const decided = await deciding;
      if (!('judged' in decided)) {
        if (decided.state === 'refused' && decided.reason !== 'unavailable') {
          await refused(decided.reason, ask.host, ask.arrival);
        }
        return decided;
      }
      keepLately(key, decided, ask);
      return await use(decided, ask);
    } catch (fault) {
      return failed(fault, ask.arrival);
    }
  }

  async function failed(fault: unknown, arrival: Arrival): Promise<SiteVerdict> {
    if (faultToTell(arrival.network)) await noteFault(deps, fault, arrival, 'enter');
    else report(fault);
    return { state: 'refused', reason: 'unavailable' };
  }

  return {
    check(ask) {
      const key = wholeKey(ask);
      let found: Kept | undefined;
      // The store runs its work at once, so what is found without waiting is there when it comes back.
      const deciding = store.read(async (q) => {
        found = lately(q, key);
        return found ?? decide(q, ask);
      });
      if (found === undefined) return answer(ask, key, deciding);
      try {
        return use(found, ask);
      } catch (fault) {
        return failed(fault, ask.arrival);
      }
    },
  };
}

/** RFC 9449 §4.2: made for one request, and so is what is said of it. */
function isForOnce(shown: ShownAtSite): boolean {
  return shown.kind === 'token' && shown.dpop !== undefined;
}

const REASONS = { challenged: 'stale', refused: 'not-permitted' } as const;

function noEntrance(error: 'no-such-resource' | 'not-permitted') {
  return error === 'no-such-resource' ? ('no-such-site' as const) : error;
}

/** Of the token itself nothing is kept, that whoever reads memory could use. */
function hashOf(shown: Exclude<ShownAtSite, { kind: 'nothing' }>): string {
  // A token that is bound to a certificate is good together with that one.
  const text = shown.kind === 'token' ? `${shown.text} ${shown.certificate ?? ''}` : shown.text;
  return hash('sha256', text, 'base64url');
}

function keyOf(
  { shown, host, method, arrival }: SiteAsk & { shown: Exclude<ShownAtSite, { kind: 'nothing' }> },
  { resource, function: name, sensitive }: Entrance,
): string {
  const who = hashOf(shown);
  return `${shown.kind} ${who} ${resource.id} ${host} ${name} ${sensitive} ${method} ${arrival.address}`;
}

/** Hashed: a path may be long, and who asks chooses it. */
function wholeKey({ shown, preflight, host, method, path, arrival }: SiteAsk): string {
  const who = shown.kind === 'nothing' ? '' : hashOf(shown);
  const whole = `${shown.kind} ${who} ${preflight} ${host} ${method} ${arrival.address} ${path}`;
  return hash('sha256', whole, 'base64url');
}
