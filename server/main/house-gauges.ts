/** How the house stands, for metrics and for whoever asks whether it is ready. */
import type { Gauges } from '../doors/ops/meters.ts';
import { SECOND } from '../kernel/clock.ts';
import { recordHead } from '../record/head.ts';
import type { House } from './house.ts';

/** Read when metrics are asked for. A database that doesn’t answer leaves out what only it knows. */
export async function houseGauges({ store, clock, sequencer, hashing }: House): Promise<Gauges> {
  const head = await store.read(recordHead).catch(() => undefined);
  const { user, system } = process.cpuUsage();
  const gauge = (help: string, value: number) => ({ help, value });
  return {
    ...(head === undefined
      ? {}
      : {
          record_size: gauge('Events that have their places in the log.', head.size),
          record_unsequenced: gauge('Events that wait for their places.', head.unsequenced),
          record_checkpoint_age_seconds: gauge(
            'Since when the newest checkpoint is signed.',
            Math.max(0, (clock.now() - head.lastCheckpointAt) / SECOND),
          ),
        }),
    record_failing: gauge(
      '1 when this node could not sequence the record.',
      sequencer.state === 'failing' ? 1 : 0,
    ),
    hashing_in_flight: gauge('Password hashes being computed.', hashing.inFlight),
    hashing_waiting: gauge('Password hashes waiting for their turn.', hashing.waiting),
    resident_bytes: gauge('Memory in use.', process.memoryUsage.rss()),
    cpu_seconds: gauge('Processor time used since the start.', (user + system) / 1e6),
  };
}

/** What keeps the house from deciding; nothing when it is ready. */
export async function waitsFor(house: House): Promise<readonly string[]> {
  const { store, policies, sequencer } = house;
  const fault = await store
    .read((q) => policies.current(q))
    .then((active) => (active.fault === undefined ? undefined : 'policy'))
    .catch(() => 'database');
  return [
    ...(fault === undefined ? [] : [fault]),
    ...(sequencer.state === 'failing' ? ['record'] : []),
  ];
}
