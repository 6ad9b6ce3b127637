/**
 * What is the same for every process that shows a proof, whatever for: one proof and no more, a place under the throttles before
 * anything is computed, the kind's own check outside any transaction, and a record of what was wrong. What the proof is good for
 * is settled by whoever asks, in a transaction (enter.ts, recognise.ts).
 *
 * A process that got in here before, by what can't be guessed, and from whose network nothing wrong came since, is asked about
 * throttles within that transaction, where it costs next to nothing. The answer is the same; only that, in the few cases where another
 * node has seen its network go wrong, one signature is checked in vain.
 */
import type { Reason } from '@sallyport/contract/event-parts.ts';
import type { EventOf } from '@sallyport/contract/events.ts';
import type { ProcessProofKind } from '@sallyport/contract/processes.ts';
import { createBoundedMap } from '../../kernel/bounded-map.ts';
import { MINUTE, SECOND } from '../../kernel/clock.ts';
import type { ProcessId, ResourceId } from '../../kernel/id.ts';
import type {
  HeldProcessProof,
  ProcessOffer,
  ProcessProofModule,
  ProcessVerdict,
} from '../../proofs/process-proof.ts';
import type { Tx } from '../../store/store.ts';
import type { Process } from '../../subjects/process.ts';
import type { Arrival } from '../arrival.ts';
import type { GateDeps } from '../gate-deps.ts';
import { blame } from '../throttles/blame.ts';
import { createFewAMinute, createFewOfEach } from '../throttles/few-a-minute.ts';
import { createSeldom, ONCE } from '../throttles/seldom.ts';
import type { Guess, Reservation, Throttle, ThrottleScope } from '../throttles/throttle.ts';
import type { EntryRefused } from './entering.ts';

export interface LoadedProcess {
  /** From an earlier request: not to be refused on. */
  readonly kept: boolean;
  /** Undefined when there is no such process, or it may not come: nothing tells outsiders the two apart. */
  readonly process: Process | undefined;
  /** Why there is none, for the record. */
  readonly absent: Reason;
  /** Whose name it is all the same: who was shut out is told of while strangers make noise. */
  readonly disabled?: ProcessId;
  readonly held: readonly HeldProcessProof[];
}

export type SoundProof = Extract<ProcessVerdict, { sound: true }>;

/** `stale`: what was loaded holds no more. `waits`: its source does. `used`: what is good once was used before. */
export type NotSettled = 'stale' | 'waits' | 'used';

export interface Proving<L extends LoadedProcess, T> {
  readonly as: string | undefined;
  readonly offers: readonly ProcessOffer[];
  readonly wellFormed: boolean;
  kept(claimed: string): L | undefined;
  forget(claimed: string): void;
  load(claimed: string): Promise<L>;
  refused(
    loaded: L | undefined,
    because: Reason,
    more: { readonly proof?: string | undefined },
  ): EventOf<'entry.refused'>;
  /** `unasked`: nobody has asked yet whether its source has to wait. */
  settle(
    tx: Tx,
    loaded: L & { readonly process: Process },
    verdict: SoundProof,
    guess: Guess,
    unasked: boolean,
  ): Promise<T | NotSettled>;
}

export type ProveProcess = <L extends LoadedProcess, T>(
  proving: Proving<L, T>,
  arrival: Arrival,
) => Promise<T | EntryRefused>;

const LONGEST_NAME = 128;
const MOST_SUSPECTS = 10_000;
/** In a minute, of what comes in the name of nobody who is known: from one network, and from all of them. */
const MOST_OF_NETWORK = 10;
const MOST_OF_STRANGERS = 60;
/** In a minute, of each that is disabled. */
const MOST_OF_DISABLED = 10;
/** How often what changes under our hands is read again, before whoever asks is asked to come back. */
const ROUNDS = 4;

const NOTHING_RESERVED: Reservation = Object.freeze({ free: true, end: () => {} });

/** What an application may prove itself by that is held to FAPI 2.0 (Security Profile §5.3.2.1). */
const OF_FAPI2: ReadonlySet<ProcessProofKind> = new Set(['certificate', 'key']);

interface Wait {
  readonly scope: ThrottleScope;
  readonly retryAt: number;
}

export function createProveProcess(
  deps: Pick<GateDeps, 'store' | 'record' | 'counter' | 'processProofs' | 'resources' | 'clock'>,
  throttle: Throttle,
): ProveProcess {
  const { store, record, counter, processProofs, resources, clock } = deps;
  /** Whether a wait is not on record yet. */
  const firstOf = createSeldom(clock, ONCE);
  /** What could not be judged counts as no guess, so anyone may ask again at once, in whoever’s name. */
  const fewUnjudged = createFewAMinute(clock);
  /** Waits bound what one network can have written, and whoever has many of them would be told of by each. */
  const fewOfNetwork = createFewOfEach(clock, MOST_OF_NETWORK);
  const fewOfStrangers = createFewOfEach(clock, MOST_OF_STRANGERS);
  const fewOfDisabled = createFewOfEach(clock, MOST_OF_DISABLED);
  /** Networks from which something wrong came; forgetting them costs a signature checked in vain. */
  const suspects = createBoundedMap<string, true>(MOST_SUSPECTS);

  /** The proof was not right, whoever it was for: the record and the throttles are told. */
  async function settleWrong<L extends LoadedProcess>(
    proving: Proving<L, unknown>,
    loaded: L | undefined,
    verdict: { readonly reason: Reason; readonly proof?: string | undefined },
    guess: Guess,
    arrival: Arrival,
  ): Promise<void> {
    suspect(arrival);
    const nobody = loaded !== undefined && loaded.process === undefined;
    const because = nobody ? loaded.absent : verdict.reason;
    const event = proving.refused(loaded, because, { proof: verdict.proof });
    const tells =
      loaded?.process !== undefined ||
      (loaded?.disabled !== undefined && fewOfDisabled(loaded.disabled)) ||
      (fewOfNetwork(arrival.network) && fewOfStrangers('all'));
    if (!tells) count(event, arrival.door);
    await store.write(async (tx) => {
      if (tells) await record.append(tx, event);
      await blame(tx, { throttle, record }, guess, arrival, loaded?.process?.id);
    });
  }

  function suspect({ network }: Arrival): void {
    suspects.set(network, true);
  }

  async function throttled<L extends LoadedProcess>(
    proving: Proving<L, unknown>,
    loaded: L | undefined,
    { scope, retryAt }: Wait,
    guess: Guess,
    arrival: Arrival,
  ): Promise<EntryRefused> {
    suspect(arrival);
    const wait = `${scope} ${guess.network} ${Math.floor(retryAt / MINUTE)}`;
    await noteThrottled(proving, loaded, wait, arrival);
    return { state: 'refused', reason: 'throttled', retryAt };
  }

  /** On record once for each wait, and counted from then on: who can't get in must not be able to fill the disk either. */
  async function noteThrottled<L extends LoadedProcess>(
    proving: Proving<L, unknown>,
    loaded: L | undefined,
    wait: string,
    { door }: Arrival,
  ): Promise<void> {
    const event = proving.refused(loaded, 'throttled', {});
    if (firstOf(wait)) await store.write((tx) => record.append(tx, event));
    else count(event, door);
  }

  function count({ subject, data }: EventOf<'entry.refused'>, door: string): void {
    counter.count({
      type: 'decision.counted',
      outcome: 'refused',
      subject,
      door,
      action: 'enter',
      resource: data.resource ?? { kind: 'part', id: 'portal' },
    });
  }

  /** What an application is held to wherever it shows who it is; asked each time, since it can be changed. */
  async function profileOf(process: Process): Promise<'fapi2' | undefined> {
    const id = process.id as string as ResourceId; // They share an id.
    const resource = await store.read((q) => resources.get(q, id));
    if (resource?.kind !== 'application') return undefined;
    return resource.detail.profile === 'fapi2' ? 'fapi2' : undefined;
  }

  async function verdictOn(
    module: ProcessProofModule,
    { process, held }: LoadedProcess,
    offer: ProcessOffer,
    claimed: string,
  ): Promise<ProcessVerdict> {
    const profile = process?.application === true ? await profileOf(process) : undefined;
    if (profile === 'fapi2' && !OF_FAPI2.has(module.kind)) return { sound: false, reason: 'wrong' };
    return module.verify(held, offer.data, { now: clock.now(), claimed, process, profile });
  }

  async function judge<L extends LoadedProcess, T>(
    proving: Proving<L, T>,
    module: ProcessProofModule,
    offer: ProcessOffer,
    claimed: string,
    first: L,
    guess: Guess,
    unasked: boolean,
    arrival: Arrival,
  ): Promise<T | EntryRefused> {
    const wrong = async (
      loaded: L,
      verdict: { readonly reason: Reason; readonly proof?: string | undefined },
    ): Promise<EntryRefused> => {
      const wait = unasked ? await waitOf(guess) : undefined;
      if (wait !== undefined) return throttled(proving, loaded, wait, guess, arrival);
      await settleWrong(proving, loaded, verdict, guess, arrival);
      return { state: 'refused', reason: verdict.reason === 'used' ? 'used' : 'wrong' };
    };
    const busy = async (
      loaded: L,
      because: 'busy' | 'no-keys',
      retryAt = clock.now() + SECOND,
    ): Promise<EntryRefused> => {
      const event = proving.refused(loaded, because, {});
      const tells = fewUnjudged(`${because} ${guess.network}`);
      if (!tells) count(event, arrival.door);
      await store.write(async (tx) => {
        throttle.giveBack(tx, guess);
        if (tells) await record.append(tx, event);
      });
      return { state: 'refused', reason: 'busy', retryAt };
    };

    let loaded = first;
    for (let round = 1; round <= ROUNDS; round++) {
      const { process, kept } = loaded;
      const verdict = await verdictOn(module, loaded, offer, claimed);
      if (verdict.sound && process !== undefined) {
        const found = { ...loaded, process };
        const settled = await store.write((tx) =>
          proving.settle(tx, found, verdict, guess, unasked),
        );
        if (settled === 'used') return wrong(loaded, { reason: 'used', proof: verdict.proof });
        if (settled === 'waits') {
          const wait = await waitOf(guess);
          if (wait !== undefined) return throttled(proving, loaded, wait, guess, arrival);
        } else if (settled !== 'stale') return settled as Exclude<T, NotSettled>; // None of the three, as just seen.
      } else if (!kept) {
        if (verdict.sound) return wrong(loaded, { reason: 'wrong' });
        const { reason, retryAt } = verdict;
        if (reason !== 'busy' && reason !== 'no-keys') return wrong(loaded, verdict);
        return busy(loaded, reason, retryAt);
      }
      proving.forget(claimed);
      loaded = await proving.load(claimed);
    }
    return busy(loaded, 'busy');
  }

  async function waitOf(guess: Guess): Promise<Wait | undefined> {
    const blocked = await throttle.blocked(guess);
    return blocked && { scope: 'source', retryAt: blocked.retryAt };
  }

  async function reserve(guess: Guess, guessable: boolean): Promise<Reservation> {
    if (guessable) return throttle.reserve(guess);
    const wait = await waitOf(guess);
    return wait === undefined ? NOTHING_RESERVED : { free: false, ...wait };
  }

  return async (proving, arrival) => {
    const { as, offers, wellFormed } = proving;
    const [offer] = offers;
    const module = offer && processProofs[offer.kind];
    const claimed = as ?? module?.claims(offer?.data);
    const named = claimed !== undefined && claimed.length > 0 && claimed.length <= LONGEST_NAME;
    const sole = offer !== undefined && module !== undefined && offers.length === 1;

    // Guesses are counted for who they are at, and that is not to be taken from what was kept.
    const first =
      sole && named && wellFormed
        ? ((module.guessable ? undefined : proving.kept(claimed)) ?? (await proving.load(claimed)))
        : undefined;
    // Machines share addresses: what one of them gets wrong is its own, and must not keep its neighbours out. Nor is there an
    // account to count for: a name is public and a secret has 256 random bits, so a count of all the wrong ones, from wherever
    // they come, would find no guesser and let anyone keep the right one out.
    const known = first?.process?.id;
    const guess: Guess = {
      account: undefined,
      knownDevice: undefined,
      network: known === undefined ? arrival.network : `${arrival.network} ${known}`,
      within: arrival.network,
    };
    const guessable = module?.guessable === true;
    const unasked =
      !guessable && first?.kept === true && suspects.get(arrival.network) === undefined;
    const reservation = unasked ? NOTHING_RESERVED : await reserve(guess, guessable);
    if (!reservation.free) return throttled(proving, first, reservation, guess, arrival);
    try {
      if (offer !== undefined && module !== undefined && claimed !== undefined && first) {
        return await judge(proving, module, offer, claimed, first, guess, unasked, arrival);
      }
      await settleWrong(proving, undefined, { reason: 'malformed' }, guess, arrival);
      return { state: 'refused', reason: sole && wellFormed ? 'wrong' : 'malformed' };
    } finally {
      reservation.end();
    }
  };
}
