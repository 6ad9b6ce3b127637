import { Fault } from '../kernel/fault.ts';
import { type Arrival, byArrival } from './arrival.ts';
import type { GateDeps } from './gate-deps.ts';

/** Puts a fault on record on which somebody was refused. Never throws. */
export async function noteFault(
  { store, record, report }: Pick<GateDeps, 'store' | 'record' | 'report'>,
  fault: unknown,
  arrival: Arrival,
  action: string | undefined,
): Promise<void> {
  report(fault);
  const code = fault instanceof Fault ? fault.code : 'gate';
  await store
    .write((tx) =>
      record.append(tx, {
        type: 'fault.refused',
        outcome: 'refused',
        ...byArrival(arrival),
        data: { code, ...(action === undefined ? {} : { action }) },
      }),
    )
    // The database itself may be what failed; then the log that `report` writes is all there is.
    .catch(report);
}
