/**
 * Conversations that are under way, within bounds: so many in all, so many a station, so many octets of messages that are not whole,
 * and so long. Where there is no more room, the one that waits longest gives its place up: among those at the network device that
 * has the most of them, so that whoever floods one port does not empty another's.
 */
import type { DeviceId } from '../../../kernel/id.ts';

export interface Held {
  readonly client: DeviceId;
  /** At which port or radio: what the network device says of the peer. Without a word of it, all of that device's are one. */
  readonly station: string | undefined;
  /** Octets of messages that are not whole. */
  held(): number;
  /** Whether TLS has begun, which costs about thirty times what all else does. */
  tunnel(): boolean;
  readonly until: number;
  end(): void;
}

export interface ConversationLimits {
  readonly most: number;
  readonly mostOfStation: number;
  /** Octets of pieces, of all together. */
  readonly mostHeld: number;
  /** Those in which TLS has begun, of all together. */
  readonly mostTunnels: number;
}

export interface Conversations<T extends Held> {
  readonly size: number;
  readonly held: number;
  add(id: string, one: T): void;
  get(id: string): T | undefined;
  /** Something came of it: it waits from now on, and holds what it holds now. */
  touch(id: string): void;
  end(id: string): void;
  /** It never came to its end: nothing more is to be heard of it. */
  giveUp(id: string): void;
  sweep(now: number): void;
}

export function createConversations<T extends Held>(
  limits: ConversationLimits,
  /** Told of each that is given up, or lost its place. */
  onUnfinished: (one: T) => void = () => {},
): Conversations<T> {
  /** Of each network device, whoever waits longest first. */
  const clients = new Map<DeviceId, Map<string, T>>();
  const all = new Map<string, T>();
  const stations = new Map<string, Set<string>>();
  /** Those with pieces, by the octets of them. */
  const pieces = createShares();
  const tunnels = createShares();

  const stationOf = ({ client, station }: T) =>
    station === undefined ? undefined : `${client} ${station}`;

  function end(id: string): void {
    const one = all.get(id);
    if (one === undefined) return;
    all.delete(id);
    const siblings = clients.get(one.client);
    siblings?.delete(id);
    if (siblings?.size === 0) clients.delete(one.client);
    const station = stationOf(one);
    if (station !== undefined) {
      const there = stations.get(station);
      there?.delete(id);
      if (there?.size === 0) stations.delete(station);
    }
    pieces.delete(id);
    tunnels.delete(id);
    one.end();
  }

  function giveUp(id: string): void {
    const one = all.get(id);
    if (one === undefined) return;
    end(id);
    onUnfinished(one);
  }

  /** Whoever has waited longest gives way. */
  function endFirst(of: Iterable<string>): void {
    for (const id of of) {
      giveUp(id);
      return;
    }
  }

  function makeRoom(): void {
    let busiest: Map<string, T> | undefined;
    for (const siblings of clients.values()) {
      if (busiest === undefined || siblings.size > busiest.size) busiest = siblings;
    }
    endFirst(busiest?.keys() ?? []);
  }

  return {
    get size() {
      return all.size;
    },
    get held() {
      return pieces.sum;
    },
    add(id, one) {
      const station = stationOf(one);
      if (station !== undefined) {
        const there = stations.get(station) ?? new Set();
        // A supplicant that begins anew has given up on what it began before.
        if (there.size >= limits.mostOfStation) endFirst(there);
        stations.set(station, there.add(id));
      }
      while (all.size >= limits.most) makeRoom();
      all.set(id, one);
      const siblings = clients.get(one.client) ?? new Map();
      clients.set(one.client, siblings.set(id, one));
    },
    get: (id) => all.get(id),
    touch(id) {
      const one = all.get(id);
      if (one === undefined) return;
      const siblings = clients.get(one.client);
      siblings?.delete(id);
      siblings?.set(id, one);
      all.delete(id);
      all.set(id, one);
      tunnels.put(id, one.client, one.tunnel() ? 1 : 0);
      if (tunnels.sum > limits.mostTunnels) endFirst(tunnels.ofBusiest());
      // It may have given its place up just now.
      const held = one.held();
      if (all.get(id) !== one || held === pieces.get(id)) return;
      pieces.put(id, one.client, held);
      while (pieces.sum > limits.mostHeld) endFirst(pieces.ofBusiest());
    },
    end,
    giveUp,
    sweep(now) {
      for (const [id, one] of all) if (one.until <= now) giveUp(id);
    },
  };
}

/** What conversations take of something that there is so much of, by the network devices that they are at. */
function createShares() {
  const all = new Map<string, { readonly client: DeviceId; readonly amount: number }>();
  /** Of each, those that take of it, whoever waits longest first. */
  const clients = new Map<DeviceId, { readonly ids: Set<string>; sum: number }>();
  let sum = 0;

  function remove(id: string): void {
    const one = all.get(id);
    const of = one && clients.get(one.client);
    if (one === undefined || of === undefined) return;
    all.delete(id);
    of.ids.delete(id);
    of.sum -= one.amount;
    sum -= one.amount;
    if (of.ids.size === 0) clients.delete(one.client);
  }

  return {
    get sum() {
      return sum;
    },
    get: (id: string) => all.get(id)?.amount ?? 0,
    delete: remove,
    /** It waits from now on. */
    put(id: string, client: DeviceId, amount: number): void {
      remove(id);
      if (amount === 0) return;
      const of = clients.get(client) ?? { ids: new Set(), sum: 0 };
      of.ids.add(id);
      of.sum += amount;
      clients.set(client, of);
      all.set(id, { client, amount });
      sum += amount;
    },
    /** At the network device that takes most. */
    ofBusiest(): Iterable<string> {
      let busiest: { readonly ids: Set<string>; readonly sum: number } | undefined;
      for (const of of clients.values()) {
        if (busiest === undefined || of.sum > busiest.sum) busiest = of;
      }
      return busiest?.ids ?? [];
    },
  };
}
