/**
 * Devices: machines that prove themselves, each with its kind, its zone and somebody who answers for it. Each change is one
 * transaction with its event; whether the one who asks may do it was judged before, by the gate.
 *
 * A device is a subject like a person or a process: the same row, the same epoch, a data key of its own. Some devices come to be
 * let in (a workstation at a switch), some speak for others (that switch, as a RADIUS client), and many do both: those that speak
 * have `addresses`. How a device proves itself is in device-proofs.ts.
 *
 * Disabled is for a while; retired is for good. A retired device keeps its row, so that the record can still name it, and leaves
 * its name, MAC address, serial number and addresses to whatever takes its place.
 */
import type { DeviceKind } from '@sallyport/contract/devices.ts';
import { PlainName } from '@sallyport/contract/processes.ts';
import { createBoundedMap } from '../kernel/bounded-map.ts';
import { type Clock, MINUTE } from '../kernel/clock.ts';
import { Fault } from '../kernel/fault.ts';
import { type DeviceId, type Ids, type PersonId, parseId } from '../kernel/id.ts';
import { failed, ok, type Result } from '../kernel/result.ts';
import type { By, Recorder } from '../record/record.ts';
import { createKept } from '../store/kept.ts';
import type { Queries, Tx } from '../store/store.ts';
import type { Vault } from '../vault/vault.ts';
import {
  type Device,
  type NotedDevice,
  openSeenFrom,
  readDevice,
  readNotedDevice,
  type SeenFrom,
  sealSeenFrom,
} from './device.ts';
import { isNetworkProblem, type NetworkProblem, readNetwork } from './device-network.ts';
import {
  addressOwner,
  type DeviceFilter,
  type DevicePage,
  type DeviceRow,
  deleteAddressesOf,
  deviceById,
  deviceByMac,
  deviceByName,
  deviceBySerial,
  insertAddress,
  insertDevice,
  judgedDevice,
  judgedDeviceFooting,
  listDevices,
  retireDevice,
  type Speaker,
  seeDevice,
  seeDeviceFrom,
  speakingDevices,
  updateDevice,
} from './device-table.ts';
import { ANSWERING, addOwned, changeOwned, isOwner } from './owned-subject.ts';
import { raiseEpoch } from './owned-subject-table.ts';

export type { Device, NotedDevice } from './device.ts';
export type { DeviceFilter, DevicePage, Speaker } from './device-table.ts';

export interface NewDevice {
  readonly name: string;
  readonly kind: DeviceKind;
  readonly owner: PersonId | undefined;
  readonly groups: readonly string[];
  readonly zone: string;
  readonly serial: string | undefined;
  /** As `readMac` gives it. */
  readonly mac: string | undefined;
  /** In any spelling; written in its one. */
  readonly addresses: readonly string[];
  readonly purpose: string;
}

export type DeviceChange = { readonly [K in keyof NewDevice]?: NewDevice[K] };

export type DeviceError =
  | { readonly code: 'name-taken' }
  | { readonly code: 'mac-taken' }
  | { readonly code: 'serial-taken' }
  /** Another device speaks from there. */
  | { readonly code: 'network-taken'; readonly network: string }
  | { readonly code: 'network-not-valid'; readonly network: string; readonly why: NetworkProblem }
  /** Nobody of that id, or nobody who could answer for anything. */
  | { readonly code: 'owner-not-found' }
  | { readonly code: 'not-found' }
  /** It was retired, and does not come back. */
  | { readonly code: 'device-retired' }
  | { readonly code: 'changed-meanwhile' };

export interface Seen {
  readonly door: string;
  readonly at: number;
  /** With what it proved itself: `certificate`, `radius`, `mac`. */
  readonly how: string;
  readonly address: string | undefined;
  /** The network device at which it came onto a network. */
  readonly through?: string | undefined;
}

export interface DevicesDeps {
  readonly vault: Vault;
  readonly record: Recorder;
  readonly clock: Clock;
  readonly ids: Ids;
}

export interface Devices {
  get(q: Queries, id: DeviceId): Promise<NotedDevice | undefined>;
  /** The same without when it was seen, and kept until it changes: for those who come again and again. */
  asJudged(q: Queries, id: DeviceId): Device | undefined | Promise<Device | undefined>;
  /** By id or name, as a client says it. */
  find(q: Queries, idOrName: string): Promise<NotedDevice | undefined>;
  byName(q: Queries, name: string): Promise<NotedDevice | undefined>;
  byMac(q: Queries, mac: string): Promise<NotedDevice | undefined>;
  bySerial(q: Queries, serial: string): Promise<NotedDevice | undefined>;
  /** Whether a device speaks from a network, in its one spelling. */
  speaksFrom(q: Queries, network: string): Promise<boolean>;
  /** From where those speak that have addresses and are active. */
  speakers(q: Queries): Promise<readonly Speaker[]>;
  list(q: Queries, filter: DeviceFilter, page: DevicePage): Promise<NotedDevice[]>;
  /** Where it last came from, if it can be read. */
  lastSeenFrom(q: Queries, device: NotedDevice): Promise<SeenFrom | undefined>;
  add(tx: Tx, device: NewDevice, by: By): Promise<Result<NotedDevice, DeviceError>>;
  change(
    tx: Tx,
    id: DeviceId,
    change: DeviceChange,
    by: By,
  ): Promise<Result<NotedDevice, DeviceError>>;
  disable(tx: Tx, id: DeviceId, by: By): Promise<Result<NotedDevice, DeviceError>>;
  enable(tx: Tx, id: DeviceId, by: By): Promise<Result<NotedDevice, DeviceError>>;
  /** For good. Its proofs are for device-proofs.ts to end. */
  retire(tx: Tx, id: DeviceId, by: By): Promise<Result<NotedDevice, DeviceError>>;
  /** What it was granted is judged anew from now on: for when a proof that it rested on is gone. */
  raise(tx: Tx, id: DeviceId): Promise<void>;
  /** Notes that it came: once in a minute, so that busy devices cost no write each time. */
  seen(tx: Tx, id: DeviceId, seen: Seen): Promise<void>;
}

const SEEN_EVERY = MINUTE;
const MOST_KEPT = 10_000;

export function createDevices({ vault, record, clock, ids }: DevicesDeps): Devices {
  const read = (row: DeviceRow | undefined) => row && readNotedDevice(row);
  const judged = createKept<Device>(MOST_KEPT, judgedDeviceFooting);
  /** When that was last noted, of those that were seen here. */
  const seenAt = createBoundedMap<DeviceId, number>(MOST_KEPT);

  async function get(q: Queries, id: DeviceId): Promise<NotedDevice | undefined> {
    return read(await q.one(deviceById, { id }));
  }

  async function there(q: Queries, id: DeviceId): Promise<NotedDevice> {
    const device = await get(q, id);
    if (device === undefined) throw new Fault('store.misuse', `the device ${id} is not there`);
    return device;
  }

  /** What of it can't be, because of what else is there. */
  async function problemOf(
    q: Queries,
    { name, mac, serial, owner }: DeviceChange,
    itself: DeviceId | undefined,
  ): Promise<DeviceError | undefined> {
    const another = (row: DeviceRow | undefined) => row !== undefined && row.id !== itself;
    if (name !== undefined && another(await q.one(deviceByName, { name }))) {
      return { code: 'name-taken' };
    }
    if (mac !== undefined && another(await q.one(deviceByMac, { mac }))) {
      return { code: 'mac-taken' };
    }
    if (serial !== undefined && another(await q.one(deviceBySerial, { serial }))) {
      return { code: 'serial-taken' };
    }
    return owner === undefined || (await isOwner(q, owner))
      ? undefined
      : { code: 'owner-not-found' };
  }

  /** Writes from where it speaks, in place of what was before. */
  async function speakFrom(
    tx: Tx,
    device: DeviceId,
    networks: readonly string[],
  ): Promise<DeviceError | undefined> {
    await tx.run(deleteAddressesOf, { device });
    for (const network of networks) {
      const owner = await tx.one(addressOwner, { network });
      if (owner !== undefined || (await tx.run(insertAddress, { network, device })) !== 1) {
        return { code: 'network-taken', network };
      }
    }
    return undefined;
  }

  /** A device that is here to be changed. */
  async function living(q: Queries, id: DeviceId): Promise<Result<NotedDevice, DeviceError>> {
    const device = await get(q, id);
    if (device === undefined) return failed({ code: 'not-found' });
    return device.status === 'retired' ? failed({ code: 'device-retired' }) : ok(device);
  }

  async function setStatus(
    tx: Tx,
    id: DeviceId,
    status: 'active' | 'disabled' | 'retired',
    by: By,
  ): Promise<Result<NotedDevice, DeviceError>> {
    const found = await living(tx, id);
    if (!found.ok) return found;
    const device = found.value;
    if (!(await changeOwned(tx, device, { ...device, status }, clock.now())))
      return failed({ code: 'changed-meanwhile' });
    if (status === 'retired') {
      await tx.run(deleteAddressesOf, { device: id });
      await tx.run(retireDevice, { id, now: clock.now() });
    }
    await record.append(tx, {
      type: STATUS_EVENTS[status],
      outcome: 'done',
      subject: id,
      ...by,
      data: { name: device.name },
    });
    return ok(await there(tx, id));
  }

  return {
    get,

    asJudged: (q, id) =>
      judged.of(q, id, async (reading) => {
        const row = await reading.one(judgedDevice, { id });
        return row && readDevice(row);
      }),

    async find(q, idOrName) {
      const id = parseId<'device'>(idOrName);
      if (id !== undefined) return get(q, id);
      // What can be nobody's name need not be asked for; PostgreSQL would not even take some of it.
      if (!PlainName.safeParse(idOrName).success) return undefined;
      return read(await q.one(deviceByName, { name: idOrName }));
    },

    byName: async (q, name) => read(await q.one(deviceByName, { name })),
    byMac: async (q, mac) => read(await q.one(deviceByMac, { mac })),
    bySerial: async (q, serial) => read(await q.one(deviceBySerial, { serial })),
    speaksFrom: async (q, network) => (await q.one(addressOwner, { network })) !== undefined,
    speakers: (q) => q.all(speakingDevices, {}),
    list: async (q, filter, page) =>
      (await q.all(listDevices(filter, page, ANSWERING), {})).map(readNotedDevice),

    async lastSeenFrom(q, device) {
      if (device.sealedLastSeenFrom === undefined) return undefined;
      const box = await vault.subject(q, device.id);
      return box && openSeenFrom(box, device);
    },

    async add(tx, device, by) {
      const networks = spelled(device.addresses);
      if (!networks.ok) return networks;
      const problem = await problemOf(tx, device, undefined);
      if (problem !== undefined) return failed(problem);
      const id = ids.next<'device'>();
      await addOwned(tx, vault, 'device', id, device, clock.now());
      const words = wordsOf(id, device, networks.value);
      if ((await tx.run(insertDevice, words)) !== 1) return failed({ code: 'changed-meanwhile' });
      const taken = await speakFrom(tx, id, networks.value);
      if (taken !== undefined) return failed(taken);
      const { name, kind, zone, owner } = device;
      await record.append(tx, {
        type: 'device.created',
        outcome: 'done',
        subject: id,
        ...by,
        data: { name, kind, zone, ...(owner === undefined ? {} : { owner }) },
      });
      return ok(await there(tx, id));
    },

    async change(tx, id, change, by) {
      const found = await living(tx, id);
      if (!found.ok) return found;
      const before = found.value;
      const after = { ...before, ...change };
      const networks = spelled(after.addresses);
      if (!networks.ok) return networks;
      const problem = await problemOf(tx, change, id);
      if (problem !== undefined) return failed(problem);
      if (!(await changeOwned(tx, before, after, clock.now())))
        return failed({ code: 'changed-meanwhile' });
      if (change.addresses !== undefined) {
        const taken = await speakFrom(tx, id, networks.value);
        if (taken !== undefined) return failed(taken);
      }
      await tx.run(updateDevice, wordsOf(id, after, networks.value));
      const { name, kind, zone, owner } = after;
      await record.append(tx, {
        type: 'device.changed',
        outcome: 'done',
        subject: id,
        ...by,
        data: {
          name,
          kind,
          zone,
          fields: Object.keys(change).sort(),
          ...(owner === undefined ? {} : { owner }),
        },
      });
      return ok(await there(tx, id));
    },

    disable: (tx, id, by) => setStatus(tx, id, 'disabled', by),
    enable: (tx, id, by) => setStatus(tx, id, 'active', by),
    retire: (tx, id, by) => setStatus(tx, id, 'retired', by),

    async raise(tx, id) {
      await tx.run(raiseEpoch, { id, now: clock.now() });
    },

    async seen(tx, id, { door, at, how, address, through }) {
      const last = seenAt.get(id);
      if (last !== undefined && last > at - SEEN_EVERY) return;
      tx.afterCommit(() => seenAt.set(id, at));
      const noted = await tx.run(seeDevice, { id, at, by: door, how, before: at - SEEN_EVERY });
      // Mostly it was seen a moment ago: then nothing is sealed that would be thrown away.
      if (noted === 0 || address === undefined) return;
      const box = await vault.subject(tx, id);
      if (box !== undefined) {
        await tx.run(seeDeviceFrom, { id, from: sealSeenFrom(box, id, { address, through }) });
      }
    },
  };
}

const STATUS_EVENTS = {
  active: 'device.enabled',
  disabled: 'device.disabled',
  retired: 'device.retired',
} as const;

/** Each network in its one spelling, once. */
function spelled(networks: readonly string[]): Result<string[], DeviceError> {
  const read = new Set<string>();
  for (const network of networks) {
    const one = readNetwork(network);
    if (isNetworkProblem(one)) return failed({ code: 'network-not-valid', network, why: one });
    read.add(one);
  }
  return ok([...read]);
}

function wordsOf(id: DeviceId, device: NewDevice, networks: readonly string[]) {
  const { name, kind, zone, serial, mac, purpose } = device;
  return {
    id,
    name,
    kind,
    zone,
    serial: serial ?? null,
    mac: mac ?? null,
    addresses: JSON.stringify(networks),
    purpose,
  };
}
