/** What administrators do to devices. Each use case is judged in the transaction that does it; the doing is in device-acts.ts. */
import { Fault } from '../../../kernel/fault.ts';
import type { DeviceId } from '../../../kernel/id.ts';
import { failed, ok, type Result } from '../../../kernel/result.ts';
import type { Action } from '../../../policy/actions.ts';
import type { Tx } from '../../../store/store.ts';
import type { NotedDevice } from '../../../subjects/device.ts';
import type { DeviceProofId } from '../../../subjects/device-proof.ts';
import type {
  DeviceChange,
  DeviceError,
  DeviceFilter,
  DevicePage,
  Devices,
  NewDevice,
} from '../../../subjects/devices.ts';
import type { Arrival } from '../../arrival.ts';
import type { Doer, Gate, Performed } from '../../gate.ts';
import { asJson, type Keeping, type KeyReused, type OnceKey } from '../../once/once.ts';
import type { Wish } from '../../wish.ts';
import { DEVICES } from '../../wishes.ts';
import { found, NOT_FOUND, type NotFound, type Page } from '../answered.ts';
import type {
  AddedProofOfDevice,
  DeviceActs,
  DeviceProofFailure,
  DeviceProofTerms,
  SeenDevice,
} from './device-acts.ts';
import type { DeviceImport, Imported } from './device-import.ts';

type Changed = Promise<Performed<SeenDevice, DeviceError>>;

/** Devices are named by id or by name throughout, as clients know them. */
export interface DeviceAdministration {
  list(
    token: string,
    filter: DeviceFilter,
    page: DevicePage,
    arrival: Arrival,
  ): Promise<Performed<Page<SeenDevice>, never>>;
  show(token: string, named: string, arrival: Arrival): Promise<Performed<SeenDevice, NotFound>>;
  add(
    token: string,
    device: NewDevice,
    arrival: Arrival,
    once?: OnceKey,
  ): Promise<Performed<SeenDevice, DeviceError | KeyReused>>;
  /** Looks; adds all or nothing when it is told to. */
  import(
    token: string,
    file: { readonly csv: string; readonly apply: boolean },
    arrival: Arrival,
  ): Promise<Performed<Imported, DeviceError>>;
  change(token: string, named: string, change: DeviceChange, arrival: Arrival): Changed;
  disable(token: string, named: string, arrival: Arrival): Changed;
  enable(token: string, named: string, arrival: Arrival): Changed;
  retire(token: string, named: string, arrival: Arrival): Changed;
  addProof(
    token: string,
    named: string,
    terms: DeviceProofTerms,
    arrival: Arrival,
    once?: OnceKey,
  ): Promise<Performed<AddedProofOfDevice, DeviceProofFailure | KeyReused>>;
  endProof(
    token: string,
    named: string,
    proof: DeviceProofId,
    arrival: Arrival,
  ): Promise<Performed<void, NotFound>>;
}

export interface DeviceAdministrationDeps {
  readonly gate: Gate;
  readonly devices: Devices;
  readonly deviceActs: DeviceActs;
  readonly deviceImport: DeviceImport;
}

const wish = (action: Action): Wish => ({ action, resource: DEVICES });

export function createDeviceAdministration({
  gate,
  devices,
  deviceActs,
  deviceImport,
}: DeviceAdministrationDeps): DeviceAdministration {
  /** Finds the device in the transaction of the change. */
  const at =
    <T, E>(named: string, work: (tx: Tx, id: DeviceId, doer: Doer) => Promise<Result<T, E>>) =>
    async (tx: Tx, doer: Doer): Promise<Result<T, E | NotFound>> => {
      const device = await devices.find(tx, named);
      return device === undefined ? failed(NOT_FOUND) : work(tx, device.id, doer);
    };

  /** The same for a change that is answered with the device as it is after it. */
  const changing = (
    token: string,
    action: Action,
    named: string,
    arrival: Arrival,
    work: (tx: Tx, id: DeviceId, doer: Doer) => Promise<Result<NotedDevice, DeviceError>>,
  ): Changed =>
    gate.perform(
      token,
      wish(action),
      arrival,
      at<SeenDevice, DeviceError>(named, async (tx, id, doer) => {
        const changed = await work(tx, id, doer);
        return changed.ok ? ok(await deviceActs.see(tx, changed.value)) : changed;
      }),
    );

  return {
    list: (token, filter, page, arrival) =>
      gate.read(token, wish('device.read'), arrival, (q) => deviceActs.list(q, filter, page)),

    show: (token, named, arrival) =>
      found(
        gate.read(token, wish('device.read'), arrival, async (q) => {
          const device = await devices.find(q, named);
          return device && deviceActs.see(q, device);
        }),
      ),

    add(token, device, arrival, once) {
      const keeping: Keeping<SeenDevice> = {
        once,
        // The id alone: its owner's name must not live on in a kept answer.
        keep: (added) => added.device.id,
        async again(tx, id) {
          const added = await devices.get(tx, id as DeviceId); // Kept two lines above.
          if (added === undefined) throw new Fault('store.misuse', `the device ${id} is gone`);
          return deviceActs.see(tx, added);
        },
      };
      return gate.performOnce(
        token,
        wish('device.create'),
        arrival,
        keeping,
        async (tx, { by }) => {
          const added = await devices.add(tx, device, by);
          return added.ok ? ok(await deviceActs.see(tx, added.value)) : added;
        },
      );
    },

    async import(token, { csv, apply }, arrival) {
      const rows = deviceImport.read(csv);
      // A look changes nothing, and takes the same right as the change: it tells which names are taken.
      const work = async (tx: Tx, { by }: Doer) =>
        apply ? deviceImport.apply(tx, rows, by) : ok(await deviceImport.preview(tx, rows));
      return gate.perform(token, wish('device.create'), arrival, work);
    },

    change: (token, named, change, arrival) =>
      changing(token, 'device.change', named, arrival, (tx, id, { by }) =>
        devices.change(tx, id, change, by),
      ),

    disable: (token, named, arrival) =>
      changing(token, 'device.disable', named, arrival, (tx, id, { by }) =>
        devices.disable(tx, id, by),
      ),

    // Whoever notices shuts out; who lets in again gives what was taken, and is judged for that.
    enable: (token, named, arrival) =>
      changing(token, 'device.change', named, arrival, (tx, id, { by }) =>
        devices.enable(tx, id, by),
      ),

    retire: (token, named, arrival) =>
      changing(token, 'device.change', named, arrival, (tx, id, { by }) =>
        deviceActs.retire(tx, id, by),
      ),

    addProof: (token, named, terms, arrival, once) =>
      gate.performOnce(
        token,
        wish('device.rotate'),
        arrival,
        asJson<AddedProofOfDevice>(once),
        at<AddedProofOfDevice, DeviceProofFailure>(named, (tx, id, { by }) =>
          deviceActs.addProof(tx, id, terms, by),
        ),
      ),

    endProof: (token, named, proof, arrival) =>
      gate.perform(
        token,
        wish('device.rotate'),
        arrival,
        at<void, NotFound>(named, (tx, id, { by }) => deviceActs.endProof(tx, id, proof, by)),
      ),
  };
}
