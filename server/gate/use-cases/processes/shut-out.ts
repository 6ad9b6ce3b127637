/**
 * What ends with a process that is shut out, in the transaction that does it: the certificates that it got for itself, and of an
 * application all that people let it do. What it was granted for itself is void by its epoch. For good: who shuts one out does not know
 * who else has what it had.
 */
import type { Clock } from '../../../kernel/clock.ts';
import type { Processes, ShutOut } from '../../../subjects/processes.ts';
import { endGrantsTo } from '../../entry/grant-table.ts';
import type { SvidEnding } from '../workloads/svid-ending.ts';

export function createShutOut({
  svids,
  processes,
  clock,
}: {
  readonly svids: Pick<SvidEnding, 'shutOut'>;
  readonly processes: Pick<Processes, 'get'>;
  readonly clock: Clock;
}): ShutOut {
  return async (tx, id, how, by) => {
    await svids.shutOut(tx, id, how, by);
    if (how !== 'disabled') return; // Under another name it is the same; what is removed goes with its resource.
    const process = await processes.get(tx, id);
    if (process?.application) await tx.run(endGrantsTo, { client: id, now: clock.now() });
  };
}
