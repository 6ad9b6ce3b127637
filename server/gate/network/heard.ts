import { type Clock, MINUTE } from '../../kernel/clock.ts';
import type { Store } from '../../store/store.ts';
import type { Devices } from '../../subjects/devices.ts';
import type { Arrival } from '../arrival.ts';
import { createSeldom } from '../throttles/seldom.ts';
import type { NetworkClient } from './logged-in.ts';

/** Notes that a network device asked, and with what it proved itself: once in a minute, so that a busy one costs no write each time. */
export function createHeard({
  store,
  devices,
  clock,
}: {
  readonly store: Store;
  readonly devices: Devices;
  readonly clock: Clock;
}): (client: NetworkClient, arrival: Arrival) => Promise<void> {
  const first = createSeldom(clock, MINUTE);
  return async ({ device, secret }, { door, address }) => {
    if (!first(device)) return;
    const at = clock.now();
    const how = secret === undefined ? 'certificate' : 'secret';
    await store.write((tx) => devices.seen(tx, device, { door, at, how, address }));
  };
}
