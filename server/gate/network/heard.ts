import { type Clock, HOUR, MINUTE } from '../../kernel/clock.ts';
import type { Recorder } from '../../record/record.ts';
import type { Store, Tx } from '../../store/store.ts';
import type { DeviceProofs } from '../../subjects/device-proofs.ts';
import type { Devices } from '../../subjects/devices.ts';
import { type Arrival, byArrival } from '../arrival.ts';
import type { GateDeps } from '../gate-deps.ts';
import { createSeldom } from '../throttles/seldom.ts';
import type { NetworkClient } from './logged-in.ts';

/**
 * Notes that a network device asked, and with what it proved itself: once in a minute, so that a busy one costs no write each time.
 * While two of its secrets are taken it is on record which of them it spoke with: whoever rotates them waits to read that.
 */
export function createHeard({
  store,
  record,
  devices,
  deviceProofs,
  certificates,
  clock,
}: {
  readonly store: Store;
  readonly record: Recorder;
  readonly devices: Devices;
  readonly deviceProofs: Pick<DeviceProofs, 'used' | 'get'>;
  readonly certificates: Pick<GateDeps['certificates'], 'noteShown'>;
  readonly clock: Clock;
}): (client: NetworkClient, arrival: Arrival) => Promise<void> {
  const first = createSeldom(clock, MINUTE);
  const firstOfOverlap = createSeldom(clock, HOUR);

  async function tell(tx: Tx, client: NetworkClient, arrival: Arrival): Promise<void> {
    const { device, name, proof, overlap } = client;
    if (proof === undefined || overlap === undefined) return;
    const held = await deviceProofs.get(tx, proof);
    if (held?.kind !== 'radius' && held?.kind !== 'tacacs') return;
    await record.append(tx, {
      type: 'device.secret-used',
      outcome: 'done',
      ...byArrival(arrival),
      subject: device,
      data: { name, proof, kind: held.kind, which: overlap },
    });
  }

  return async (client, arrival) => {
    const { device, secret, proof } = client;
    if (!first(`${device} ${proof ?? ''}`)) return;
    const at = clock.now();
    const { door, address } = arrival;
    const how = secret === undefined ? 'certificate' : 'secret';
    const tells = client.overlap !== undefined && firstOfOverlap(`${device} ${proof ?? ''}`);
    await store.write(async (tx) => {
      await devices.seen(tx, device, { door, at, how, address });
      if (proof !== undefined) await deviceProofs.used(tx, proof, at);
      if (client.shown !== undefined) certificates.noteShown(tx, client.shown, door);
      if (tells) await tell(tx, client, arrival);
    });
  };
}
