/**
 * A process that shows who it is and wants in nowhere: to ask what a token is worth, to end one, to fetch what was granted to a
 * person who uses it. Its proof is verified and spent as for an entry. No policy is asked: that a process may show who it is goes
 * without saying, and what it may be told is for whoever asks to judge.
 */
import { type Arrival, byArrival } from '../arrival.ts';
import type { GateDeps } from '../gate-deps.ts';
import type { Throttle } from '../throttles/throttle.ts';
import type { EntryRefused, Recognised, Recognition } from './entering.ts';
import {
  createKnownProcesses,
  createStanding,
  type KnownProcess,
  loadProcess,
  stillStands,
} from './known-process.ts';
import type { ProveProcess } from './process-proving.ts';

export type Recognising = (
  recognition: Recognition,
  arrival: Arrival,
) => Promise<Recognised | EntryRefused>;

export function createRecognise(
  deps: Pick<GateDeps, 'store' | 'record' | 'counter' | 'processes' | 'clock'>,
  parts: { readonly throttle: Throttle; readonly proveProcess: ProveProcess },
): Recognising {
  const { store, record, counter, processes, clock } = deps;
  const { throttle, proveProcess } = parts;
  const known = createKnownProcesses<KnownProcess>(processes);
  const standingOf = createStanding(throttle);

  return ({ as, offers }, arrival) =>
    proveProcess<KnownProcess, Recognised>(
      {
        as,
        offers,
        wellFormed: true,
        kept: known.kept,
        forget: known.forget,
        load: async (key) => ({
          ...(await store.read((q) => loadProcess(q, processes, key))),
          key,
        }),
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
          const { process } = loaded;
          const { proof } = verdict;
          const now = clock.now();
          const row = await standingOf(tx, process, proof, guess);
          const standing = stillStands(row, process, unasked, now);
          if (typeof standing === 'string') return standing;
          if (!(await verdict.spend(tx))) return 'used';
          throttle.forgive(tx, guess);
          const noting = known.used(tx, loaded, verdict, now, arrival);
          if (noting !== undefined) {
            await noting;
            // Once a minute one by one; what is shown again within it is counted.
            await record.append(tx, {
              type: 'process.recognised',
              outcome: 'granted',
              ...byArrival(arrival),
              subject: process.id,
              data: { proof, kind: verdict.class.kind },
            });
          } else {
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
            proofs: [{ proof, class: verdict.class, at: now }],
            confirmation: verdict.confirmation,
          };
        },
      },
      arrival,
    );
}
