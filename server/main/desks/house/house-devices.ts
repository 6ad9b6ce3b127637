/** Devices in the house of this machine. */
import {
  addedProofOfDevice,
  deviceProblem,
  deviceProofProblem,
  device as shown,
} from '../../../doors/api/device-views.ts';
import { type DeviceId, type PersonId, parseId } from '../../../kernel/id.ts';
import { failed, ok, type Result } from '../../../kernel/result.ts';
import type { Tx } from '../../../store/store.ts';
import { writeOrUndo } from '../../../store/undo.ts';
import type { DeviceChange, DeviceError, NotedDevice } from '../../../subjects/devices.ts';
import type { House } from '../../house.ts';
import { AT_THE_MACHINE } from '../at-the-machine.ts';
import type { DevicesDesk, ShownDevice } from '../devices-desk.ts';
import type { Done } from '../done.ts';
import { NOT_FOUND } from '../not-found.ts';
import { behindId } from './behind-id.ts';

export function houseDevices({ store, devices, deviceActs, deviceImport }: House): DevicesDesk {
  async function changed(
    work: (tx: Tx) => Promise<Result<NotedDevice, DeviceError>>,
  ): Done<ShownDevice> {
    const done = await writeOrUndo(store, async (tx) => {
      const device = await work(tx);
      return device.ok ? ok(await deviceActs.see(tx, device.value)) : device;
    });
    return done.ok ? ok(shown(done.value)) : failed(deviceProblem(done.error));
  }

  async function on(
    id: string,
    work: (tx: Tx, id: DeviceId) => Promise<Result<NotedDevice, DeviceError>>,
  ): Done<ShownDevice> {
    const device = parseId<'device'>(id); // What is no id of ours is nobody's.
    return device === undefined ? NOT_FOUND : changed((tx) => work(tx, device));
  }

  return {
    find: (named) =>
      store.read(async (q) => {
        const device = await devices.find(q, named);
        return ok(device && shown(await deviceActs.see(q, device)));
      }),

    list: behindId(async ({ owner, after, limit, ...filter }) => {
      const person = owner === undefined ? {} : { owner: owner as PersonId }; // Found by their name before.
      const page = { limit, ...(after === undefined ? {} : { after }) };
      const { items, next } = await store.read((q) =>
        deviceActs.list(q, { ...filter, ...person }, page),
      );
      return ok({ items: items.map(shown), next: next ?? null });
    }),

    add({ owner, serial, mac, ...device }) {
      const fresh = {
        ...device,
        owner: owner as PersonId, // Found by their name before.
        serial: serial ?? undefined,
        mac: mac ?? undefined,
      };
      return changed((tx) => devices.add(tx, fresh, AT_THE_MACHINE));
    },

    async import(csv, apply) {
      const file = deviceImport.read(csv);
      const done = await writeOrUndo(store, async (tx) =>
        apply
          ? deviceImport.apply(tx, file, AT_THE_MACHINE)
          : ok(await deviceImport.preview(tx, file)),
      );
      if (!done.ok) return failed(deviceProblem(done.error));
      const { applied, devices: rows, problems } = done.value;
      return ok({ applied, devices: [...rows], problems: [...problems] });
    },

    change: (id, { owner, serial, mac, ...rest }) =>
      on(id, (tx, device) => {
        const change: DeviceChange = {
          ...rest,
          ...(owner === undefined ? {} : { owner: owner as PersonId }), // Found by their name before.
          ...(serial === undefined ? {} : { serial: serial ?? undefined }),
          ...(mac === undefined ? {} : { mac: mac ?? undefined }),
        };
        return devices.change(tx, device, change, AT_THE_MACHINE);
      }),

    disable: (id) => on(id, (tx, device) => devices.disable(tx, device, AT_THE_MACHINE)),
    enable: (id) => on(id, (tx, device) => devices.enable(tx, device, AT_THE_MACHINE)),
    retire: (id) => on(id, (tx, device) => deviceActs.retire(tx, device, AT_THE_MACHINE)),

    async addProof(id, { owner, ...proof }) {
      const device = parseId<'device'>(id);
      if (device === undefined) return NOT_FOUND;
      const terms = { ...proof, owner: owner as PersonId | undefined }; // Found by their name before.
      const added = await writeOrUndo(store, (tx) =>
        deviceActs.addProof(tx, device, terms, AT_THE_MACHINE),
      );
      return added.ok
        ? ok(addedProofOfDevice(added.value))
        : failed(deviceProofProblem(added.error));
    },

    async endProof(id, text) {
      const device = parseId<'device'>(id);
      const proof = parseId<'device-proof'>(text);
      if (device === undefined || proof === undefined) return NOT_FOUND;
      const ended = await writeOrUndo(store, (tx) =>
        deviceActs.endProof(tx, device, proof, AT_THE_MACHINE),
      );
      return ended.ok ? ended : NOT_FOUND;
    },
  };
}
