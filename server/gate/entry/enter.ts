/**
 * A process that comes into a resource: one request with one proof, and one answer. The steps are those of prove.ts:
 *
 *   load      the process, what it holds, and what it wants to enter
 *   reserve   a place under the throttles, before anything is computed       (process-proving.ts, which says for whom the
 *             last step asks instead)
 *   verify    by the kind's own module, outside any transaction              (process-proving.ts)
 *   settle    in one transaction: what is used once is spent, what was loaded still holds, the policy decides, `make` writes
 *             the grant, the record tells
 *
 * This way is taken for each token of each machine, so what was loaded is kept, and the transaction asks in one row whether it
 * still holds. Where it does not, or where the answer would be no, all is read afresh: nobody is let in on what was kept, and
 * nobody is refused on it either.
 */
import type { Reason } from '@sallyport/contract/event-parts.ts';
import type { EventOf } from '@sallyport/contract/events.ts';
import { parseId } from '../../kernel/id.ts';
import type { AnyProofClass } from '../../policy/request.ts';
import type { ProcessProofClass } from '../../proofs/process-proof.ts';
import { spendOnce } from '../../proofs/spent-table.ts';
import type { Queries, Tx } from '../../store/store.ts';
import type { Process } from '../../subjects/process.ts';
import type { Resource } from '../../subjects/resource.ts';
import { type Arrival, byArrival } from '../arrival.ts';
import type { ActivePolicies, GateDeps } from '../gate-deps.ts';
import { processRequest } from '../policy-request.ts';
import { agesOf, bounded, forRecord, type ShownAt } from '../shown.ts';
import type { Guess, Throttle } from '../throttles/throttle.ts';
import type { Entered, Entry, EntryOutcome, EntryRefusedReason, EntryTarget } from './entering.ts';
import {
  contextOf,
  type Entrance,
  type NoEntrance,
  scopesAsked,
  usualScopes,
} from './entrances.ts';
import {
  createKnownProcesses,
  createStanding,
  type KnownProcess,
  loadProcess,
  stillStands,
} from './known-process.ts';
import type { NotSettled, ProveProcess, SoundProof } from './process-proving.ts';

export type Entering = <T>(
  entry: Entry,
  arrival: Arrival,
  make: (tx: Tx, entered: Entered) => Promise<T>,
) => Promise<EntryOutcome<T>>;

interface Loaded extends KnownProcess {
  readonly entrance: Entrance | NoEntrance;
}

const MOST_SCOPES = 64;
const LONGEST_SCOPE = 64;

type Refusal = { readonly reason: EntryRefusedReason; readonly because: Reason };

export function createEnter(
  deps: GateDeps,
  parts: {
    readonly throttle: Throttle;
    readonly proveProcess: ProveProcess;
  },
): Entering {
  const { store, record, processes, certificates, entrances, policies, clock, ids } = deps;
  const { throttle, proveProcess } = parts;
  const known = createKnownProcesses<Loaded>(processes);
  const standingOf = createStanding(throttle);

  async function load(
    q: Queries,
    key: string,
    claimed: string,
    entry: Entry,
    arrival: Arrival,
  ): Promise<Loaded> {
    const [loaded, entrance] = await Promise.all([
      loadProcess(q, processes, claimed),
      entrances.find(q, entry.resource, arrival),
    ]);
    return { ...loaded, key, entrance: entrance.ok ? entrance.value : entrance.error };
  }

  /** Whether what is asked for may be bound to some key alone: so says the API, or the application that asks. */
  async function mustBeBound(q: Queries, resource: Resource, process: Process, arrival: Arrival) {
    if (takesBoundAlone(resource)) return true;
    const own = await applicationOf(q, process, arrival);
    return own !== undefined && takesBoundAlone(own);
  }

  /** What the process is that proves itself as an application. */
  async function applicationOf(q: Queries, { application, id }: Process, arrival: Arrival) {
    const own = application ? parseId<'resource'>(id) : undefined;
    const found = own && (await entrances.find(q, { id: own }, arrival));
    return found?.ok ? found.value.resource : undefined;
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
        ...(more.policies === undefined ? {} : { policies: bounded(more.policies) }),
      },
    } as const;
  }

  /** `stale` is no answer: what was loaded holds no more. Nor is `waits`. */
  async function settleSound<T>(
    tx: Tx,
    loaded: Loaded & { readonly process: Process },
    entry: Entry,
    verdict: SoundProof,
    guess: Guess,
    unasked: boolean,
    arrival: Arrival,
    make: (tx: Tx, entered: Entered) => Promise<T>,
  ): Promise<EntryOutcome<T> | NotSettled> {
    const { process, entrance } = loaded;
    const now = clock.now();
    const target = typeof entrance === 'string' ? undefined : entrance;
    const read = standingOf(tx, process, verdict.proof, guess, target?.resource);
    const row = read instanceof Promise ? await read : read;
    const standing = stillStands(row, process, unasked, now, target?.resource);
    if (typeof standing === 'string') return standing;
    const inForce = policies.ofVersion(tx, standing.policy_version ?? 0);
    const active = inForce instanceof Promise ? await inForce : inForce;

    const refuse = async (
      { reason, because }: Refusal,
      policies?: readonly string[],
    ): Promise<EntryOutcome<T> | NotSettled> => {
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
    const scopes = scopesFor(target, entry, process);
    if (scopes === undefined) return refuse({ reason: 'scope', because: 'not-permitted' });
    const { resource } = target;
    const confirmation = entry.bound?.confirmation ?? verdict.confirmation;
    if (entry.forToken === true && confirmation === undefined) {
      if (await mustBeBound(tx, resource, process, arrival)) {
        return refuse({ reason: 'unbound', because: 'not-permitted' });
      }
    }
    const shown: ShownAt<ProcessProofClass>[] = [
      { proof: verdict.proof, class: verdict.class, at: now },
    ];
    const asked = { active, target, scopes, arrival, now };
    const answer = judge(asked, process, shown);
    if (!answer.permitted) {
      return refuse({ reason: answer.reason, because: 'not-permitted' }, answer.policies);
    }
    // Whoever is called must not lend to its caller what the caller may not do there.
    const { onBehalfOf } = entry;
    if (onBehalfOf !== undefined) {
      const subject = await processes.get(tx, onBehalfOf.process);
      if (subject === undefined) {
        return refuse({ reason: 'not-permitted', because: 'not-permitted' });
      }
      const { permitted, reason, policies } = judge(asked, subject, onBehalfOf.proofs);
      if (!permitted) return refuse({ reason, because: 'not-permitted' }, policies);
    }
    const { rests } = verdict;
    if (rests !== undefined && !(await certificates.noteVouched(tx, process.id, rests))) {
      return 'stale';
    }
    if (!(await spend(tx, verdict, entry))) return 'used';

    const entered: Entered = {
      grant: ids.next<'grant'>(),
      process,
      resource,
      scopes,
      sensitive: answer.context.sensitive,
      function: answer.context.function,
      proofs: shown,
      policies: answer.policies,
      confirmation,
      until: endOfProof(loaded, verdict),
      epoch: process.epoch,
      now,
    };
    const noting = known.used(tx, loaded, verdict, now, arrival);
    if (noting !== undefined) await noting;
    throttle.forgive(tx, guess);
    const [value] = await Promise.all([
      make(tx, entered),
      record.append(tx, grantedEvent(entered, arrival)),
    ]);
    return { state: 'granted', value, entered };
  }

  return (entry, arrival, make) => {
    const { as, offers, scopes } = entry;
    const target = targetKey(entry.resource, arrival);
    return proveProcess(
      {
        as,
        offers,
        wellFormed:
          scopes.length <= MOST_SCOPES && scopes.every((scope) => scope.length <= LONGEST_SCOPE),
        kept: (claimed) => known.kept(`${claimed} ${target}`),
        forget: (claimed) => known.forget(`${claimed} ${target}`),
        load: (claimed) =>
          store.read((q) => load(q, `${claimed} ${target}`, claimed, entry, arrival)),
        refused: (loaded, because, more) => refusedEvent(loaded, entry, because, arrival, more),
        settle: (tx, loaded, verdict, guess, unasked) =>
          settleSound(tx, loaded, entry, verdict, guess, unasked, arrival, make),
      },
      arrival,
    );
  };
}

/** Undefined where it asked for one that there is not. */
function scopesFor(target: Entrance, { scopes }: Entry, { entries }: Process) {
  return scopes.length === 0 ? usualScopes(target, entries) : scopesAsked(target, scopes);
}

interface Asked {
  readonly active: ActivePolicies;
  readonly target: Entrance;
  readonly scopes: readonly string[];
  readonly arrival: Arrival;
  readonly now: number;
}

/** Whether a process may enter by what it showed, as the policies have it, and why not. */
function judge(asked: Asked, who: Process, by: readonly ShownAt<AnyProofClass>[]) {
  const { active, target, scopes, arrival, now } = asked;
  const { resource } = target;
  const context = contextOf(target, scopes, who);
  const request = processRequest(who, resource, context, arrival, now);
  const { state, policies } = active.ladder(request, agesOf(by, now), []);
  const listedThere = who.entries.some((each) => each.resource === resource.id);
  const reason = listedThere && !context.listed ? 'scope' : 'not-permitted';
  return { permitted: state === 'permitted', policies, reason, context } as const;
}

/** When what was shown is over by itself: by its own word, or since another takes the place of the proof that it is. */
function endOfProof({ held }: Loaded, { proof, until }: SoundProof): number | undefined {
  const end = held.find(({ id }) => id === proof)?.expiresAt ?? undefined;
  return end === undefined || until === undefined ? (end ?? until) : Math.min(end, until);
}

function grantedEvent(entered: Entered, arrival: Arrival): EventOf<'entry.granted'> {
  const { process, resource, scopes, proofs, grant, policies, now } = entered;
  return {
    type: 'entry.granted',
    outcome: 'granted',
    ...byArrival(arrival),
    subject: process.id,
    data: {
      resource: { kind: resource.kind, id: resource.id },
      scopes: [...scopes],
      proofs: forRecord(proofs, now),
      grant,
      policies: bounded(policies),
      ...(entered.function === '' ? {} : { function: entered.function }),
    },
  };
}

/** Of an API: it takes no others. Of an application: it is given no others, at whichever API (FAPI 2.0 Security Profile §5.3.2.1). */
function takesBoundAlone(resource: Resource): boolean {
  if (resource.kind === 'site') return false;
  if (resource.detail.boundTokens) return true;
  return resource.kind === 'application' && resource.detail.profile === 'fapi2';
}

function spend(tx: Tx, verdict: SoundProof, { bound }: Entry): Promise<boolean> {
  const once = bound?.once;
  if (once === undefined) return verdict.spend(tx);
  return Promise.all([verdict.spend(tx), spendOnce(tx, once)]).then(([proof, key]) => proof && key);
}

/** Where a site's rules look at the network, so does what is kept. */
function targetKey(target: EntryTarget, { address }: Arrival): string {
  if ('audience' in target) return `audience ${target.audience}`;
  if ('id' in target) return `id ${target.id}`;
  return `${target.host} ${target.method} ${address} ${target.path}`;
}
