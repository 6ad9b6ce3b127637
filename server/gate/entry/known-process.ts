/**
 * What is known of processes that were here before. They come by the thousands in a second, each with a proof of its own, so what
 * was read of one is kept, and the transaction that settles its proof asks in one row whether it still holds. It is the same for
 * those who want in (enter.ts) and those who only show who they are (recognise.ts); each keeps what it read by itself.
 */
import { noteShownBy } from '../../authority/x509/last-shown.ts';
import { createBoundedMap } from '../../kernel/bounded-map.ts';
import { MINUTE } from '../../kernel/clock.ts';
import type { ResourceId } from '../../kernel/id.ts';
import { listProcessProofs, touchProcessProof } from '../../proofs/process-held.ts';
import type { ProofId } from '../../proofs/proof.ts';
import { createKept } from '../../store/kept.ts';
import type { Queries, Tx } from '../../store/store.ts';
import type { Process } from '../../subjects/process.ts';
import type { Processes } from '../../subjects/processes.ts';
import type { Resource } from '../../subjects/resource.ts';
import type { Arrival } from '../arrival.ts';
import type { Guess, Throttle } from '../throttles/throttle.ts';
import { entryFooting, type StandingRow, standingForEntry } from './entry-table.ts';
import type { LoadedProcess, SoundProof } from './process-proving.ts';

export interface KnownProcess extends LoadedProcess {
  /** What it is kept under. */
  readonly key: string;
}

const MOST_KEPT = 40_000;
/** How stale the last use of a proof may be on its row: each use would cost a write otherwise. */
const TOUCH_EVERY = MINUTE;

/** Stands for none; no id has this form. */
const NO_RESOURCE = '' as ResourceId;

export async function loadProcess(
  q: Queries,
  processes: Pick<Processes, 'find'>,
  claimed: string,
): Promise<LoadedProcess> {
  const process = await processes.find(q, claimed);
  const none = { kept: false, process: undefined, held: [] } as const;
  if (process === undefined) return { ...none, absent: 'unknown-subject' };
  if (process.status !== 'active') return { ...none, absent: 'disabled', disabled: process.id };
  const held = await listProcessProofs(q, process.id);
  return { kept: false, process, absent: 'wrong', held };
}

export type Standing = (
  tx: Tx,
  process: Process,
  proof: ProofId,
  guess: Guess,
  resource?: Pick<Resource, 'id'>,
) => StandingRow | undefined | Promise<StandingRow | undefined>;

/** What is asked to know whether what was loaded still holds; of the database, unless it is known that nothing of it changed. */
export function createStanding(throttle: Pick<Throttle, 'rowsOf'>): Standing {
  const kept = createKept<StandingRow>(MOST_KEPT, entryFooting);
  return (tx, process, proof, guess, { id: resource } = { id: NO_RESOURCE }) =>
    kept.of(tx, `${process.id} ${proof} ${resource} ${guess.network} ${guess.within}`, (q) =>
      q.one(standingForEntry, {
        process: process.id,
        proof,
        resource,
        ...throttle.rowsOf(guess),
      }),
    );
}

/** What was answered, where all of it is as it was loaded. `unasked`: nobody has asked yet whether its source has to wait. */
export function stillStands(
  row: StandingRow | undefined,
  process: Process,
  unasked: boolean,
  now: number,
  resource?: Pick<Resource, 'epoch'>,
): StandingRow | 'stale' | 'waits' {
  if (
    row?.status !== 'active' ||
    row.epoch !== process.epoch ||
    row.proof_id === null ||
    row.resource_epoch !== (resource?.epoch ?? null)
  ) {
    return 'stale';
  }
  return unasked && (row.waits_until ?? 0) > now ? 'waits' : row;
}

export function createKnownProcesses<L extends KnownProcess>(processes: Pick<Processes, 'seen'>) {
  const known = createBoundedMap<string, L>(MOST_KEPT);

  function keep(loaded: L): void {
    known.set(loaded.key, { ...loaded, kept: true });
  }

  return {
    kept: (key: string): L | undefined => known.get(key),
    forget: (key: string): void => known.delete(key),

    /** Its use goes onto its rows, once a while; undefined where that need not be. What was loaded is kept at any rate. */
    used(
      tx: Tx,
      loaded: L & { readonly process: Process },
      { proof, confirmation }: Pick<SoundProof, 'proof' | 'confirmation'>,
      now: number,
      { address, door }: Arrival,
    ): Promise<void> | undefined {
      const { process, held, kept } = loaded;
      const used = held.find(({ id }) => id === proof);
      if (used === undefined || (used.lastUsedAt ?? 0) + TOUCH_EVERY > now) {
        if (!kept) tx.afterCommit(() => keep(loaded));
        return undefined;
      }
      touchProcessProof(tx, process.id, proof, now);
      if (confirmation !== undefined && 'x5t#S256' in confirmation) {
        noteShownBy(tx, process.id, confirmation['x5t#S256'], door, now);
      }
      const seen = { ...process, lastSeenAt: now };
      const after = held.map((each) => (each === used ? { ...each, lastUsedAt: now } : each));
      tx.afterCommit(() => keep({ ...loaded, process: seen, held: after }));
      return processes.seen(tx, process, address);
    },
  };
}
