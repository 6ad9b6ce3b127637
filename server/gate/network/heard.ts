import { type Clock, MINUTE } from '../../kernel/clock.ts';
import type { DeviceId } from '../../kernel/id.ts';
import type { Store } from '../../store/store.ts';
import type { Devices } from '../../subjects/devices.ts';
import type { Arrival } from '../arrival.ts';
import type { NetworkClient } from './logged-in.ts';

const MOST = 10_000;

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
  const latest = new Map<DeviceId, number>();
  return async ({ device, secret }, { door, address }) => {
    const at = clock.now();
    const before = latest.get(device);
    if (before !== undefined && at - before < MINUTE) return;
    if (latest.size >= MOST) latest.clear();
    latest.set(device, at);
    const how = secret === undefined ? 'certificate' : 'secret';
    await store.write((tx) => devices.seen(tx, device, { door, at, how, address }));
  };
}
