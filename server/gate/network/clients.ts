/**
 * Network devices that ask: who speaks from an address, and with which secret. What was read is kept, and each time one row tells
 * whether the device still is what it was: any change of it, or of how it proves itself, raises its epoch.
 */
import type { DeviceKind } from '@sallyport/contract/devices.ts';
import { createBoundedMap } from '../../kernel/bounded-map.ts';
import { type Clock, SECOND } from '../../kernel/clock.ts';
import type { DeviceId } from '../../kernel/id.ts';
import { createNarrowest } from '../../kernel/narrowest-network.ts';
import { checkedNetworks } from '../../kernel/networks.ts';
import { createKept } from '../../store/kept.ts';
import type { Store } from '../../store/store.ts';
import { deviceFooting, standingOfDevice } from '../../subjects/device-proof-table.ts';
import type { DeviceProofs } from '../../subjects/device-proofs.ts';
import type { Device, Devices, Speaker } from '../../subjects/devices.ts';
import type { NetworkClient, NetworkProtocol } from './network-words.ts';

/** Who is not known may be so for this long after another node was told of them. */
const KEEP_SPEAKERS = SECOND;
/** And who speaks from an address may be for this long, after another node was told of somebody in the midst of their network. */
const KEEP_PLACE = 10 * SECOND;
const MOST_KEPT = 10_000;

/**
 * What comes onto networks and lets nobody else on, or of which nobody said what it is: its certificate makes it no network device, or
 * whoever has a laptop or opens the box of a controller could ask us about passwords, make up where the questions come from, and be given
 * the keys of those who come by. One that has addresses is said to ask from there.
 */
const JOINS_ALONE: ReadonlySet<DeviceKind> = new Set([
  'workstation',
  'phone',
  'printer',
  'controller',
  'rtu',
  'other',
]);

/** Of several whose networks hold the address, the one with the narrowest. */
type SpeakerAt = (address: string) => Speaker | undefined;

interface Speakers {
  readonly at: Promise<SpeakerAt>;
  readonly until: number;
}

interface Kept {
  readonly client: NetworkClient;
  readonly epoch: number;
  /** Until when nobody looks whether somebody else speaks from there now. */
  readonly placed: number;
}

interface Standing {
  readonly status: string;
  readonly epoch: number;
  readonly expires: number | null;
}

export interface Clients {
  /** At once where what is known of it still holds. */
  byAddress(
    protocol: NetworkProtocol,
    address: string,
  ): NetworkClient | undefined | Promise<NetworkClient | undefined>;
  /** A device that showed who it is, unless it speaks from elsewhere. */
  asClient(device: Device, address: string): Promise<NetworkClient | undefined>;
  forget(): void;
}

export function createClients({
  store,
  devices,
  deviceProofs,
  clock,
}: {
  readonly store: Store;
  readonly devices: Devices;
  readonly deviceProofs: DeviceProofs;
  readonly clock: Clock;
}): Clients {
  /** Read once for all who ask meanwhile: whoever sends a packet need be nobody, and there may be thousands of them. */
  let speakers: Speakers | undefined;
  const kept = createBoundedMap<string, Kept>(MOST_KEPT);
  /** Whether a device is what it was, until what that rests on is changed: each log-in is several packets. */
  const standing = createKept<Standing>(MOST_KEPT, deviceFooting);

  async function standingOf(id: DeviceId, epoch: number): Promise<Standing | undefined> {
    const row = await store.read(async (q) =>
      standing.of(q, id, (reading) => reading.one(standingOfDevice, { id })),
    );
    return row?.status === 'active' && row.epoch === epoch ? row : undefined;
  }

  async function stands({ client: { device }, epoch }: Kept): Promise<boolean> {
    const row = await standingOf(device, epoch);
    return row !== undefined && (row.expires === null || row.expires > clock.now());
  }

  /** The same as far as nothing has to be read for it. */
  function standsForSure({ client: { device }, epoch, placed }: Kept): boolean {
    const now = clock.now();
    const row = standing.held(store, device);
    if (row?.status !== 'active' || row.epoch !== epoch || placed <= now) return false;
    return row.expires === null || row.expires > now;
  }

  async function readSpeakers(): Promise<SpeakerAt> {
    const all = await store.read((q) => devices.speakers(q));
    return createNarrowest(all.map((one) => [one.network, one]));
  }

  function speakersNow(): Speakers {
    const now = clock.now();
    if (speakers !== undefined && speakers.until > now) return speakers;
    const read = { at: readSpeakers(), until: now + KEEP_SPEAKERS };
    read.at.catch(() => forgetSpeakers(read));
    speakers = read;
    return read;
  }

  /** Those that were read since then are of now. */
  function forgetSpeakers(those: Speakers): void {
    if (speakers === those) speakers = undefined;
  }

  async function build(
    device: Device,
    protocol: NetworkProtocol | undefined,
  ): Promise<NetworkClient> {
    const { id, name, kind, zone, groups, epoch } = device;
    return store.read(async (q) => {
      const [held, before, exception] = await Promise.all([
        protocol && deviceProofs.secret(q, id, protocol),
        protocol && deviceProofs.secretBefore(q, id, protocol),
        deviceProofs.exception(q, id, 'without-message-authenticator'),
      ]);
      const exceptions = { withoutMessageAuthenticator: exception !== undefined };
      const itself = { device: id, name, kind, zone, groups, epoch, exceptions };
      const client = { ...itself, secret: held?.secret, proof: held?.id };
      // The one before stands beside another, and never alone.
      if (held === undefined || before === undefined) return client;
      const old = { ...itself, secret: before.secret, proof: before.id, overlap: 'old' } as const;
      return { ...client, overlap: 'new', before: old };
    });
  }

  async function find(
    protocol: NetworkProtocol,
    address: string,
    key: string,
  ): Promise<NetworkClient | undefined> {
    const known = kept.get(key);
    if (known !== undefined) {
      const placed = known.placed > clock.now();
      if (placed && (await stands(known))) return known.client;
      kept.delete(key);
      if (placed) speakers = undefined;
    }
    // Who was read a moment ago may not be the same any more.
    for (let read = 0; read < 2; read++) {
      const now = speakersNow();
      const speaker = (await now.at)(address);
      if (speaker === undefined) return undefined;
      const device = await store.read(async (q) => devices.asJudged(q, speaker.device));
      if (device?.epoch === speaker.epoch) {
        const client = await build(device, protocol);
        if ((await standingOf(device.id, device.epoch)) !== undefined) {
          kept.set(key, { client, epoch: device.epoch, placed: clock.now() + KEEP_PLACE });
          return client;
        }
      }
      forgetSpeakers(now);
    }
    return undefined;
  }

  return {
    byAddress(protocol, address) {
      const key = `${protocol} ${address}`;
      const known = kept.get(key);
      if (known !== undefined && standsForSure(known)) return known.client;
      return find(protocol, address, key);
    },

    async asClient(device, address) {
      if (device.status !== 'active') return undefined;
      if (device.addresses.length === 0 && JOINS_ALONE.has(device.kind)) return undefined;
      if (device.addresses.length > 0 && !checkedNetworks(device.addresses)(address)) {
        return undefined;
      }
      return build(device, undefined);
    },

    forget() {
      speakers = undefined;
      kept.clear();
    },
  };
}
