/**
 * A process that shows who it is and wants in nowhere: to ask what a token is worth, to end one, to fetch what was granted to a
 * person who uses it. Its proof is verified and spent as for an entry. No policy is asked: that a process may show who it is goes
 * without saying, and what it may be told is for whoever asks to judge.
 */
import { MINUTE } from '../../kernel/clock.ts';
import { listProcessProofs, touchProcessProof } from '../../proofs/process-held.ts';
import { type Arrival, byArrival } from '../arrival.ts';
import type { GateDeps } from '../gate-deps.ts';
import type { Throttle } from '../throttles/throttle.ts';
import type { EntryRefused, Recognised, Recognition } from './entering.ts';
import { standingForEntry } from './entry-table.ts';
import { type LoadedProcess, NO_RESOURCE, type ProveProcess } from './process-proving.ts';

export type Recognising = (
  recognition: Recognition,
  arrival: Arrival,
) => Promise<Recognised | EntryRefused>;

const MOST_KEPT = 20_000;
const TOUCH_EVERY = MINUTE;

export function createRecognise(
  deps: Pick<GateDeps, 'store' | 'record' | 'counter' | 'processes' | 'clock'>,
  parts: { readonly throttle: Throttle; readonly proveProcess: ProveProcess },
): Recognising {
  const { store, record, counter, processes, clock } = deps;
  const { throttle, proveProcess } = parts;
  const known = new Map<string, LoadedProcess>();

  return ({ as, offers }, arrival) => {
    let name = as ?? '';

    function keep(loaded: LoadedProcess): void {
      const oldest = known.size >= MOST_KEPT ? known.keys().next() : undefined;
      if (oldest?.done === false) known.delete(oldest.value);
      known.set(name, { ...loaded, kept: true });
    }

    return proveProcess<LoadedProcess, Recognised>(
      {
        as,
        offers,
        wellFormed: true,
        kept(claimed) {
          name = claimed;
          return known.get(claimed);
        },
        forget: (claimed) => known.delete(claimed),
        async load(claimed) {
          name = claimed;
          return store.read(async (q): Promise<LoadedProcess> => {
            const process = await processes.find(q, claimed);
            if (process?.status !== 'active') {
              const absent = process === undefined ? 'unknown-subject' : 'disabled';
              return { kept: false, process: undefined, absent, held: [] };
            }
            const held = await listProcessProofs(q, process.id);
            return { kept: false, process, absent: 'wrong', held };
          });
        },
        refused: (loaded, because, { proof }) => ({
          type: 'entry.refused',
          outcome: 'refused',
          ...byArrival(arrival),
          subject: loaded?.process?.id,
          reason: because,
          data: {
            scopes: [],
            ...(offers[0] === undefined ? {} : { kind: offers[0].kind }),
            ...(proof === undefined ? {} : { proof }),
          },
        }),
        async settle(tx, loaded, verdict, guess, unasked) {
          const { process, held, kept } = loaded;
          const now = clock.now();
          const standing = await tx.one(standingForEntry, {
            process: process.id,
            proof: verdict.proof,
            resource: NO_RESOURCE,
            ...throttle.rowsOf(guess),
          });
          if (
            standing?.status !== 'active' ||
            standing.epoch !== process.epoch ||
            standing.proof_id === null
          ) {
            return 'stale';
          }
          if (unasked && (standing.waits_until ?? 0) > now) return 'waits';
          if (!(await verdict.spend(tx))) return 'used';
          throttle.forgive(tx, guess);
          const used = held.find(({ id }) => id === verdict.proof);
          if (used !== undefined && (used.lastUsedAt ?? 0) + TOUCH_EVERY <= now) {
            touchProcessProof(tx, process.id, used.id, now);
            await processes.seen(tx, process, arrival.address);
            // Once a minute one by one; what is shown again within it is counted.
            await record.append(tx, {
              type: 'process.recognised',
              outcome: 'granted',
              ...byArrival(arrival),
              subject: process.id,
              data: { proof: verdict.proof, kind: verdict.class.kind },
            });
            const seen = { ...process, lastSeenAt: now };
            const after = held.map((each) => (each === used ? { ...each, lastUsedAt: now } : each));
            tx.afterCommit(() => keep({ ...loaded, process: seen, held: after }));
          } else {
            if (!kept) tx.afterCommit(() => keep(loaded));
            tx.afterCommit(() =>
              counter.count({
                type: 'decision.counted',
                outcome: 'granted',
                subject: process.id,
                door: arrival.door,
                action: 'recognise',
                resource: { kind: 'part', id: 'portal' },
              }),
            );
          }
          return {
            state: 'granted',
            process,
            proofs: [{ proof: verdict.proof, class: verdict.class, at: now }],
            confirmation: verdict.confirmation,
          };
        },
      },
      arrival,
    );
  };
}
