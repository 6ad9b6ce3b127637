/**
 * Who is at which network device: begun when somebody is let in, ended when the device says so, or when what it rests on has gone.
 * Then whoever can tell the device to put them out is told (RFC 5176).
 */
import { fromUtf8, utf8 } from '../../kernel/bytes.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { DeviceId, Ids, PersonId } from '../../kernel/id.ts';
import type { By, Recorder } from '../../record/record.ts';
import type { Queries, Store, Tx } from '../../store/store.ts';
import type { Devices } from '../../subjects/devices.ts';
import type { Box, Vault } from '../../vault/vault.ts';
import { type Arrival, byArrival } from '../arrival.ts';
import { readShown, type ShownAt } from '../shown.ts';
import type { Clients } from './clients.ts';
import {
  endNetworkSession,
  fallenNetworkSessions,
  insertNetworkSession,
  listNetworkSessions,
  type NetworkSessionRow,
  nameNetworkSession,
  networkSessionById,
  openNetworkSession,
  tellNetworkSession,
  untoldNetworkSessions,
} from './network-session-table.ts';
import type { NetworkClient, NetworkSession, NetworkSessionId } from './network-words.ts';

/** Who and where, which is personal. */
interface About {
  readonly name: string;
  /** Of the network device. */
  readonly address: string;
  readonly station?: string | undefined;
}

export interface NewNetworkSession {
  readonly subject: { readonly id: PersonId | DeviceId; readonly epoch: number };
  readonly name: string;
  readonly client: Pick<NetworkClient, 'device'>;
  readonly service: string;
  readonly station?: string | undefined;
  /** The serial number of the certificate of ours that it rests on. */
  readonly certificate?: string | undefined;
  readonly shown: string;
  readonly box: Box;
  readonly until: number;
}

export interface OpenNetworkSession {
  readonly id: NetworkSessionId;
  readonly subject: PersonId | DeviceId;
  readonly client: DeviceId;
  readonly service: string;
  /** Of a person. */
  readonly shown: readonly ShownAt[];
  readonly startedAt: number;
  readonly until: number;
}

export interface SeenNetworkSession {
  readonly id: NetworkSessionId;
  readonly subject: PersonId | DeviceId;
  readonly name: string | undefined;
  readonly client: DeviceId;
  readonly door: string;
  readonly service: string;
  readonly startedAt: number;
  readonly until: number;
}

export interface NetworkSessions {
  begin(tx: Tx, session: NewNetworkSession, arrival: Arrival): NetworkSessionId;
  /** Open, and at this network device. */
  open(q: Queries, id: NetworkSessionId, client: DeviceId): Promise<OpenNetworkSession | undefined>;
  newest(
    q: Queries,
    subject: PersonId | DeviceId,
    client: DeviceId,
  ): Promise<OpenNetworkSession | undefined>;
  /** Notes what its network device calls it. */
  named(tx: Tx, id: NetworkSessionId, client: DeviceId, deviceSession: string): Promise<void>;
  /** Whether there was one to end. */
  end(
    tx: Tx,
    id: NetworkSessionId,
    client: DeviceId,
    why: 'reported' | 'ended',
    arrival: Arrival,
  ): Promise<boolean>;
  /** The open ones, the newest first. */
  list(
    q: Queries,
    page: { readonly limit: number; readonly after?: string | undefined },
  ): Promise<readonly SeenNetworkSession[]>;
  subjectOf(q: Queries, id: NetworkSessionId): Promise<PersonId | DeviceId | undefined>;
  /** An administrator puts somebody out. */
  revoke(tx: Tx, id: NetworkSessionId, by: By): Promise<boolean>;
  /** Ends what rests on somebody who may not be there any more; each is told of once, whichever node comes first. */
  settle(): Promise<void>;
  onEnded(listener: (ended: NetworkSession) => void): void;
}

export function createNetworkSessions(deps: {
  readonly store: Store;
  readonly vault: Vault;
  readonly record: Recorder;
  readonly devices: Devices;
  readonly clients: Clients;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly report: (fault: unknown) => void;
}): NetworkSessions {
  const { store, vault, record, devices, clients, clock, ids, report } = deps;
  const listeners: ((ended: NetworkSession) => void)[] = [];

  const place = (row: NetworkSessionId) => ({ table: 'network_session', column: 'about', row });

  function read(row: NetworkSessionRow | undefined): OpenNetworkSession | undefined {
    if (row === undefined || row.ended_at !== null || row.until <= clock.now()) return undefined;
    return {
      id: row.id,
      subject: row.subject_id,
      client: row.client_id,
      service: row.service,
      shown: readShown(row.shown),
      startedAt: row.started_at,
      until: row.until,
    };
  }

  /** Erased people leave no name behind, and nothing by which their device could be asked. */
  async function describe(q: Queries, row: NetworkSessionRow): Promise<NetworkSession | undefined> {
    const [box, device] = await Promise.all([
      vault.subject(q, row.subject_id),
      devices.get(q, row.client_id),
    ]);
    if (box === undefined || device === undefined) return undefined;
    // Sealed by `begin` alone.
    const about = JSON.parse(fromUtf8(box.open(place(row.id), row.about))) as About;
    const client = await clients.byAddress('radius', about.address);
    if (client?.device !== device.id) return undefined;
    return {
      id: row.id,
      client,
      address: about.address,
      name: about.name,
      deviceSession: row.device_session ?? undefined,
      station: about.station,
      port: undefined,
    };
  }

  /** Each is told of once, by whichever node can. */
  async function tellAll(): Promise<void> {
    if (listeners.length === 0) return;
    for (const row of await store.read((q) => q.all(untoldNetworkSessions, {}))) {
      const ended = await store.read((q) => describe(q, row));
      if ((await store.write((tx) => tx.run(tellNetworkSession, { id: row.id }))) !== 1) continue;
      if (ended !== undefined) for (const listener of listeners) listener(ended);
    }
  }

  /** Puts somebody out; their network device is told after the commit. */
  async function putOut(tx: Tx, row: NetworkSessionRow, by: By): Promise<boolean> {
    const now = clock.now();
    if ((await tx.run(endNetworkSession, { id: row.id, now, told: 0 })) !== 1) return false;
    await record.append(tx, {
      type: 'login.ended',
      outcome: 'done',
      subject: row.subject_id,
      ...by,
      data: { login: row.id, client: row.client_id, why: 'revoked' },
    });
    return true;
  }

  async function nameOf(q: Queries, row: NetworkSessionRow): Promise<string | undefined> {
    const box = await vault.subject(q, row.subject_id);
    if (box === undefined) return undefined;
    return (JSON.parse(fromUtf8(box.open(place(row.id), row.about))) as About).name;
  }

  return {
    begin(
      tx,
      { subject, name, client, service, station, certificate, shown, box, until },
      arrival,
    ) {
      const id = ids.next<'network-session'>();
      const about: About = { name, address: arrival.address, station };
      tx.put(insertNetworkSession, {
        id,
        subject_id: subject.id,
        client_id: client.device,
        epoch: subject.epoch,
        door: arrival.door,
        service: service.slice(0, 64),
        shown,
        about: box.seal(place(id), utf8(JSON.stringify(about))),
        certificate: certificate ?? null,
        device_session: null,
        started_at: clock.now(),
        until,
        ended_at: null,
        told: 1,
      });
      return id;
    },

    async open(q, id, client) {
      const session = read(await q.one(networkSessionById, { id }));
      return session?.client === client ? session : undefined;
    },

    async newest(q, subject, client) {
      return read(await q.one(openNetworkSession, { subject, client, now: clock.now() }));
    },

    async named(tx, id, client, deviceSession) {
      await tx.run(nameNetworkSession, { id, client, deviceSession: deviceSession.slice(0, 128) });
    },

    async end(tx, id, client, why, arrival) {
      const session = await this.open(tx, id, client);
      if (session === undefined) return false;
      if ((await tx.run(endNetworkSession, { id, now: clock.now(), told: 1 })) !== 1) {
        return false;
      }
      await record.append(tx, {
        type: 'login.ended',
        outcome: 'done',
        ...byArrival(arrival),
        subject: session.subject,
        data: { login: id, client, why },
      });
      return true;
    },

    async list(q, { limit, after }) {
      const rows = await q.all(listNetworkSessions({ now: clock.now(), before: after, limit }), {});
      const seen: SeenNetworkSession[] = [];
      for (const row of rows) {
        seen.push({
          id: row.id,
          subject: row.subject_id,
          name: await nameOf(q, row),
          client: row.client_id,
          door: row.door,
          service: row.service,
          startedAt: row.started_at,
          until: row.until,
        });
      }
      return seen;
    },

    async subjectOf(q, id) {
      return (await q.one(networkSessionById, { id }))?.subject_id;
    },

    async revoke(tx, id, by) {
      const row = await tx.one(networkSessionById, { id });
      if (row === undefined || read(row) === undefined) return false;
      tx.afterCommit(() => void tellAll().catch(report));
      return putOut(tx, row, by);
    },

    async settle() {
      const fallen = await store.read((q) => q.all(fallenNetworkSessions, { now: clock.now() }));
      for (const row of fallen) await store.write((tx) => putOut(tx, row, { door: row.door }));
      await tellAll();
    },

    onEnded(listener) {
      listeners.push(listener);
    },
  };
}
