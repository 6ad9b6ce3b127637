/**
 * A process that comes into a resource: one request with one proof, and one answer. The steps are those of prove.ts:
 *
 *   load      the process, what it holds, and what it wants to enter
 *   reserve   a place under the throttles, before anything is computed
 *   verify    by the kind's own module, outside any transaction
 *   settle    in one transaction: what is used once is spent, what was loaded still holds, the policy decides, `make` writes
 *             the grant, the record tells
 *
 * This way is taken for each token of each machine, so what was loaded is kept, and the transaction asks in one row whether it
 * still holds. Where it does not, or where the answer would be no, all is read afresh: nobody is let in on what was kept, and
 * nobody is refused on it either.
 */
import type { Reason } from '@sallyport/contract/event-parts.ts';
import { MINUTE, SECOND } from '../kernel/clock.ts';
import { listProcessProofs, touchProcessProof } from '../proofs/process-held.ts';
import type {
  HeldProcessProof,
  ProcessProofClass,
  ProcessVerdict,
} from '../proofs/process-proof.ts';
import { spendOnce } from '../proofs/spent-table.ts';
import type { Queries, Tx } from '../store/store.ts';
import type { Process } from '../subjects/process.ts';
import { type Arrival, byArrival } from './arrival.ts';
import type { Entered, Entry, EntryOutcome, EntryRefusedReason, EntryTarget } from './entering.ts';
import {
  contextOf,
  type Entrance,
  type Entrances,
  type NoEntrance,
  scopesAsked,
  usualScopes,
} from './entrances.ts';
import { standingForEntry } from './entry-table.ts';
import type { GateDeps } from './gate-deps.ts';
import type { GrantId } from './grant-table.ts';
import { agesOf, forRecord, type ShownAt } from './shown.ts';
import type { Guess, Throttle } from './throttle.ts';

export type Entering = <T>(
  entry: Entry,
  arrival: Arrival,
  make: (tx: Tx, entered: Entered) => Promise<T>,
) => Promise<EntryOutcome<T>>;

interface Loaded {
  readonly key: string;
  readonly kept: boolean;
  /** Undefined when there is no such process, or it may not come: nothing below tells outsiders the two apart. */
  readonly process: Process | undefined;
  readonly absent: Reason;
  readonly held: readonly HeldProcessProof[];
  readonly entrance: Entrance | NoEntrance;
}

const MOST_KEPT = 20_000;
/** How stale the last use of a proof may be on its row: each use would cost a write otherwise. */
const TOUCH_EVERY = MINUTE;
const LONGEST_NAME = 128;
const MOST_SCOPES = 64;
const LONGEST_SCOPE = 64;

type Sound = Extract<ProcessVerdict, { sound: true }>;
type Refusal = { readonly reason: EntryRefusedReason; readonly because: Reason };

export function createEnter(
  deps: GateDeps,
  parts: { readonly throttle: Throttle; readonly entrances: Entrances },
): Entering {
  const { store, record, processes, policies, processProofs, clock, ids, counter } = deps;
  const { throttle, entrances } = parts;
  const known = new Map<string, Loaded>();
  /** Waits that are on record; forgetting them costs an event each, and nothing else. */
  const waits = new Set<string>();

  async function load(q: Queries, key: string, claimed: string, entry: Entry, arrival: Arrival) {
    const [process, entrance] = await Promise.all([
      processes.find(q, claimed),
      entrances.find(q, entry.resource, arrival),
    ]);
    const found = entrance.ok ? entrance.value : entrance.error;
    if (process?.status !== 'active') {
      const absent = process === undefined ? 'unknown-subject' : 'disabled';
      return { key, kept: false, process: undefined, absent, held: [], entrance: found } as const;
    }
    const held = await listProcessProofs(q, process.id);
    return { key, kept: false, process, absent: 'wrong', held, entrance: found } as const;
  }

  function keep(loaded: Loaded): void {
    if (loaded.process === undefined || typeof loaded.entrance === 'string') return;
    const oldest = known.size >= MOST_KEPT ? known.keys().next() : undefined;
    if (oldest?.done === false) known.delete(oldest.value);
    known.set(loaded.key, { ...loaded, kept: true });
  }

  function refusedEvent(
    loaded: Pick<Loaded, 'process' | 'entrance'> | undefined,
    entry: Entry,
    because: Reason,
    arrival: Arrival,
    more: { readonly proof?: string | undefined; readonly policies?: readonly string[] } = {},
  ) {
    const entrance = loaded?.entrance;
    const kind = entry.offers[0]?.kind;
    return {
      type: 'entry.refused',
      outcome: 'refused',
      ...byArrival(arrival),
      subject: loaded?.process?.id,
      reason: because,
      data: {
        ...(typeof entrance === 'object'
          ? { resource: { kind: entrance.resource.kind, id: entrance.resource.id } }
          : {}),
        scopes: entry.scopes.slice(0, MOST_SCOPES).map((scope) => scope.slice(0, LONGEST_SCOPE)),
        ...(kind === undefined ? {} : { kind }),
        ...(more.proof === undefined ? {} : { proof: more.proof }),
        ...(more.policies === undefined ? {} : { policies: more.policies.slice(0, 64) }),
      },
    } as const;
  }

  /** The proof was not right, whoever it was for: the record and the throttles are told. */
  async function settleWrong(
    loaded: Loaded | undefined,
    entry: Entry,
    verdict: { readonly reason: Reason; readonly proof?: string | undefined },
    guess: Guess,
    arrival: Arrival,
  ): Promise<void> {
    const because =
      loaded !== undefined && loaded.process === undefined ? loaded.absent : verdict.reason;
    await store.write(async (tx) => {
      await record.append(tx, refusedEvent(loaded, entry, because, arrival, verdict));
      for (const { scope, failures, until } of await throttle.blame(tx, guess)) {
        await record.append(tx, {
          type: 'throttle.engaged',
          outcome: 'refused',
          ...byArrival(arrival),
          subject: scope === 'account' ? loaded?.process?.id : undefined,
          data: { scope, failures, until },
        });
      }
    });
  }

  /** On record once for each wait, and counted from then on. */
  async function noteThrottled(
    loaded: Loaded,
    entry: Entry,
    wait: string,
    arrival: Arrival,
  ): Promise<void> {
    const { entrance, process } = loaded;
    if (waits.has(wait) && typeof entrance === 'object') {
      const { kind, id } = entrance.resource;
      counter.count({
        type: 'decision.counted',
        outcome: 'refused',
        subject: process?.id,
        door: arrival.door,
        action: 'enter',
        resource: { kind, id },
      });
      return;
    }
    if (waits.has(wait)) return;
    if (waits.size >= 10_000) waits.clear();
    waits.add(wait);
    await store.write((tx) => record.append(tx, refusedEvent(loaded, entry, 'throttled', arrival)));
  }

  /** `stale` is no answer: what was loaded holds no more. */
  async function settleSound<T>(
    tx: Tx,
    loaded: Loaded & { readonly process: Process },
    entry: Entry,
    verdict: Sound,
    guess: Guess,
    arrival: Arrival,
    make: (tx: Tx, entered: Entered) => Promise<T>,
  ): Promise<EntryOutcome<T> | 'stale' | 'used'> {
    const { process, entrance, held } = loaded;
    const now = clock.now();
    const target = typeof entrance === 'string' ? undefined : entrance;
    const [standing, active] = await Promise.all([
      tx.one(standingForEntry, {
        process: process.id,
        proof: verdict.proof,
        resource: target?.resource.id ?? NO_RESOURCE,
      }),
      policies.current(tx),
    ]);
    if (
      standing === undefined ||
      standing.status !== 'active' ||
      standing.epoch !== process.epoch ||
      standing.proof_id === null ||
      standing.resource_epoch !== (target?.resource.epoch ?? null)
    ) {
      return 'stale';
    }

    const refuse = async (
      { reason, because }: Refusal,
      policies?: readonly string[],
    ): Promise<EntryOutcome<T> | 'stale' | 'used'> => {
      // Told no on what was kept, it might be told yes on what is.
      if (loaded.kept) return 'stale';
      // What was shown is spent all the same: it is not to be shown again when the policy has changed.
      if (!(await spend(tx, verdict, entry))) return 'used';
      throttle.giveBack(tx, guess);
      const more = { proof: verdict.proof, ...(policies === undefined ? {} : { policies }) };
      await record.append(tx, refusedEvent(loaded, entry, because, arrival, more));
      return { state: 'refused', reason };
    };

    if (target === undefined) {
      return entrance === 'no-such-resource'
        ? refuse({ reason: 'no-such-resource', because: 'not-permitted' })
        : refuse({ reason: 'not-permitted', because: 'not-permitted' });
    }
    const scopes =
      entry.scopes.length === 0
        ? usualScopes(target, process.entries)
        : scopesAsked(target, entry.scopes);
    if (scopes === undefined) return refuse({ reason: 'scope', because: 'not-permitted' });
    const context = contextOf(target, scopes, process);
    const shown: ShownAt<ProcessProofClass>[] = [
      { proof: verdict.proof, class: verdict.class, at: now },
    ];
    const { resource } = target;
    const answer = active.ladder(
      {
        principal: {
          kind: 'process',
          id: process.name,
          status: process.status,
          roles: [],
          groups: process.groups,
          scopes: [],
        },
        action: 'enter',
        resource: { kind: resource.kind, id: resource.name, groups: resource.groups },
        context: {
          door: arrival.door,
          source: arrival.address,
          trustedNetwork: arrival.trustedNetwork,
          knownDevice: false,
          time: Math.floor(now / SECOND),
          entry: context,
        },
      },
      agesOf(shown, now),
      [],
    );
    if (answer.state !== 'permitted') {
      const listedThere = process.entries.some((each) => each.resource === resource.id);
      const reason = listedThere && !context.listed ? 'scope' : 'not-permitted';
      return refuse({ reason, because: 'not-permitted' }, answer.policies);
    }
    if (!(await spend(tx, verdict, entry))) return 'used';

    const grant = ids.next<'grant'>() as GrantId;
    const entered: Entered = {
      grant,
      process,
      resource,
      scopes,
      sensitive: context.sensitive,
      function: context.function,
      proofs: shown,
      policies: answer.policies,
      confirmation: entry.bound?.confirmation ?? verdict.confirmation,
      epoch: process.epoch,
      now,
    };
    const used = held.find(({ id }) => id === verdict.proof);
    if (used !== undefined && (used.lastUsedAt ?? 0) + TOUCH_EVERY <= now) {
      touchProcessProof(tx, process.id, used.id, now);
      await processes.seen(tx, process, arrival.address);
      const seen = { ...process, lastSeenAt: now };
      const after = held.map((each) => (each === used ? { ...each, lastUsedAt: now } : each));
      tx.afterCommit(() => keep({ ...loaded, process: seen, held: after }));
    } else if (!loaded.kept) {
      tx.afterCommit(() => keep(loaded));
    }
    throttle.forgive(tx, guess);
    const [value] = await Promise.all([
      make(tx, entered),
      record.append(tx, {
        type: 'entry.granted',
        outcome: 'granted',
        ...byArrival(arrival),
        subject: process.id,
        data: {
          resource: { kind: resource.kind, id: resource.id },
          scopes: [...scopes],
          proofs: forRecord(shown, now),
          grant,
          policies: answer.policies.slice(0, 64),
          ...(context.function === '' ? {} : { function: context.function }),
        },
      }),
    ]);
    return { state: 'granted', value, entered };
  }

  return async (entry, arrival, make) => {
    const [offer] = entry.offers;
    const sourceAlone: Guess = {
      account: undefined,
      knownDevice: undefined,
      network: arrival.network,
    };
    const module = offer && processProofs[offer.kind];
    const claimed = entry.as ?? module?.claims(offer?.data);
    if (
      offer === undefined ||
      module === undefined ||
      entry.offers.length !== 1 ||
      entry.scopes.length > MOST_SCOPES ||
      entry.scopes.some((scope) => scope.length > LONGEST_SCOPE)
    ) {
      return malformed(entry, sourceAlone, arrival, 'malformed');
    }
    if (claimed === undefined || claimed.length === 0 || claimed.length > LONGEST_NAME) {
      return malformed(entry, sourceAlone, arrival, 'wrong');
    }
    const key = `${claimed} ${targetKey(entry.resource, arrival)}`;
    const fresh = () => store.read((q) => load(q, key, claimed, entry, arrival));
    // Guesses are counted for who they are at: that is not to be taken from what was kept.
    const first = (module.guessable ? undefined : known.get(key)) ?? (await fresh());
    const guess: Guess = module.guessable
      ? { ...sourceAlone, account: `process ${first.process?.id ?? claimed}` }
      : sourceAlone;
    const reservation = await throttle.reserve(guess);
    if (!reservation.free) {
      const { scope, retryAt } = reservation;
      await noteThrottled(first, entry, `${scope} ${guess.account} ${retryAt}`, arrival);
      return { state: 'refused', reason: 'throttled', retryAt };
    }
    try {
      for (let loaded: Loaded = first; ; loaded = await fresh()) {
        const again = loaded.kept;
        const { process, held } = loaded;
        const moment = { now: clock.now(), claimed, process };
        const verdict = await module.verify(held, offer.data, moment);
        if (!verdict.sound) {
          if (again) continue;
          if (verdict.reason === 'busy') {
            await store.write(async (tx) => {
              throttle.giveBack(tx, guess);
              await record.append(tx, refusedEvent(loaded, entry, 'busy', arrival));
            });
            const retryAt = verdict.retryAt ?? moment.now + SECOND;
            return { state: 'refused', reason: 'busy', retryAt };
          }
          await settleWrong(loaded, entry, verdict, guess, arrival);
          return { state: 'refused', reason: 'wrong' };
        }
        if (process === undefined) {
          await settleWrong(loaded, entry, { reason: 'wrong' }, guess, arrival);
          return { state: 'refused', reason: 'wrong' };
        }
        const settled = await store.write((tx) =>
          settleSound(tx, { ...loaded, process }, entry, verdict, guess, arrival, make),
        );
        if (settled === 'used') {
          await settleWrong(
            loaded,
            entry,
            { reason: 'used', proof: verdict.proof },
            guess,
            arrival,
          );
          return { state: 'refused', reason: 'used' };
        }
        if (settled !== 'stale') return settled;
        known.delete(key);
        if (!again) {
          // Changed between reading and deciding: whoever asks again is judged by what is then.
          await settleWrong(loaded, entry, { reason: 'wrong' }, guess, arrival);
          return { state: 'refused', reason: 'wrong' };
        }
      }
    } finally {
      reservation.end();
    }
  };

  async function malformed<T>(
    entry: Entry,
    guess: Guess,
    arrival: Arrival,
    reason: 'malformed' | 'wrong',
  ): Promise<EntryOutcome<T>> {
    const reservation = await throttle.reserve(guess);
    if (!reservation.free) {
      return { state: 'refused', reason: 'throttled', retryAt: reservation.retryAt };
    }
    try {
      await settleWrong(undefined, entry, { reason: 'malformed' }, guess, arrival);
      return { state: 'refused', reason };
    } finally {
      reservation.end();
    }
  }
}

/** Stands for none; no id has this form. */
const NO_RESOURCE = '' as Entrance['resource']['id'];

async function spend(tx: Tx, verdict: Sound, { bound }: Entry): Promise<boolean> {
  const once = bound?.once;
  const [proof, key] = await Promise.all([
    verdict.spend(tx),
    once === undefined ? true : spendOnce(tx, once),
  ]);
  return proof && key;
}

/** Where a site's rules look at the network, so does what is kept. */
function targetKey(target: EntryTarget, { address }: Arrival): string {
  if ('audience' in target) return `audience ${target.audience}`;
  if ('id' in target) return `id ${target.id}`;
  return `${target.host} ${target.method} ${address} ${target.path}`;
}
