/**
 * Who is at which network device: begun when somebody is let in, ended when the device says so, or when what it rests on has gone.
 * Then whoever can tell the device to put them out is told (RFC 5176).
 */
import type { Clock } from '../../kernel/clock.ts';
import type { DeviceId, Ids, PersonId } from '../../kernel/id.ts';
import type { Reply } from '../../policy/reply.ts';
import type { ShownProof } from '../../policy/request.ts';
import type { By, Recorder } from '../../record/record.ts';
import type { Queries, Store, Tx } from '../../store/store.ts';
import type { Devices } from '../../subjects/devices.ts';
import type { Box, Vault } from '../../vault/vault.ts';
import { type Arrival, byArrival } from '../arrival.ts';
import type { GateDeps } from '../gate-deps.ts';
import { bounded, readShown, type ShownAt } from '../shown.ts';
import {
  type AboutSession,
  openAbout,
  sealAbout,
  type Vouched,
  writeReply,
} from './about-session.ts';
import type { Clients } from './clients.ts';
import { type ComeBack, createComeBack } from './coming-back.ts';
import type { JudgeAgain } from './judge-again.ts';
import { createRejudging, type PutOutBecause, type Rejudged } from './network-rejudging.ts';
import { type NetworkSessionRow, TOLD } from './network-session-row.ts';
import {
  AT_ONCE,
  calledNetworkSession,
  endNetworkSession,
  fallenNetworkSessions,
  insertNetworkSession,
  insertVouchedSession,
  listNetworkSessions,
  nameNetworkSession,
  networkSessionById,
  openNetworkSession,
} from './network-session-table.ts';
import { createNetworkTelling } from './network-telling.ts';
import type {
  ChangedSession,
  NetworkClient,
  NetworkSession,
  NetworkSessionId,
  Told,
} from './network-words.ts';

export interface NewNetworkSession {
  readonly subject: { readonly id: PersonId | DeviceId; readonly epoch: number };
  readonly name: string;
  /** Where, and as of when that was judged by. */
  readonly client: Pick<NetworkClient, 'device' | 'epoch'>;
  /** The version that it was judged by. */
  readonly policies: number;
  readonly service: string;
  /** The serial number of the certificate of ours that it rests on. */
  readonly certificate?: string | undefined;
  /** The certificate of a CA of others that it rests on. */
  readonly vouched?: Vouched | undefined;
  readonly shown: string;
  /** Of what joined: what it showed was worth that much. */
  readonly worth?: ShownProof['class'] | undefined;
  readonly reply: Reply;
  readonly box: Box;
  readonly until: number;
  /** It may last no longer whatever policies come to say. */
  readonly most?: number | undefined;
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

export interface KnownNetworkSession {
  readonly id: NetworkSessionId;
  readonly subject: PersonId | DeviceId;
  readonly isOpen: boolean;
  /** What its network device calls it. */
  readonly deviceSession: string | undefined;
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
  /** The newest that somebody has there; where its device calls it something, the one that it calls so or calls nothing yet. */
  newest(
    q: Queries,
    subject: PersonId | DeviceId,
    client: DeviceId,
    deviceSession: string,
  ): Promise<OpenNetworkSession | undefined>;
  /** At this network device, whether it is over by now or not. */
  at(q: Queries, id: NetworkSessionId, client: DeviceId): Promise<KnownNetworkSession | undefined>;
  /** Notes what its network device calls it. */
  named(tx: Tx, id: NetworkSessionId, client: DeviceId, deviceSession: string): Promise<void>;
  /** Its network device tells of one that is over. */
  readonly comeBack: ComeBack;
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
  /** Has it judged again, as things are now. */
  judgeAgain(tx: Tx, id: NetworkSessionId, by: By): Promise<Rejudged | undefined>;
  /** Ends what rests on somebody who may not be there any more; each is told of once, whichever node comes first. */
  settle(): Promise<void>;
  onEnded(listener: (ended: NetworkSession) => void): void;
  /** What the network device answered. */
  told(id: NetworkSessionId, told: Told): Promise<void>;
  /** The listener asks the network device, and gives what it answered; undefined where it does not ask any more. */
  onChanged(listener: (changed: ChangedSession) => Promise<Told | undefined>): void;
}

export function createNetworkSessions(deps: {
  readonly store: Store;
  readonly vault: Vault;
  readonly record: Recorder;
  readonly devices: Devices;
  readonly clients: Clients;
  readonly policies: GateDeps['policies'];
  readonly clock: Clock;
  readonly ids: Ids;
  readonly judgeAgain: JudgeAgain;
  readonly report: (fault: unknown) => void;
}): NetworkSessions {
  const { store, vault, record, devices, clients, clock, ids, report } = deps;
  const telling = createNetworkTelling({ store, record, clock, report, describe, putOut });
  const { tellAll } = telling;
  const comeBack = createComeBack({ record, clock, tellAll, report });
  const rejudging = createRejudging({ ...deps, putOut });

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
    // RFC 8907 has no word for it; and what the same person has there by RADIUS goes on.
    if (row.door !== 'radius') return undefined;
    const [box, device] = await Promise.all([
      vault.subject(q, row.subject_id),
      devices.get(q, row.client_id),
    ]);
    if (box === undefined || device === undefined) return undefined;
    const about = openAbout(box, row);
    const speaks = await clients.byAddress('radius', about.address);
    // Who came by a certificate need not have an address of their own.
    const client =
      speaks?.device === device.id ? speaks : await clients.asClient(device, about.address);
    if (client === undefined) return undefined;
    return {
      id: row.id,
      client,
      byCertificate: client.secret === undefined,
      address: about.address,
      name: about.name,
      deviceSession: row.device_session ?? undefined,
      station: about.station,
      port: undefined,
    };
  }

  /** Puts somebody out; their network device is told after the commit. */
  async function putOut(
    tx: Tx,
    row: NetworkSessionRow,
    by: By,
    because?: PutOutBecause,
  ): Promise<boolean> {
    const now = clock.now();
    if ((await tx.run(endNetworkSession, { id: row.id, now, told: TOLD.notItsEnd })) !== 1)
      return false;
    await record.append(tx, {
      type: 'login.ended',
      outcome: 'done',
      subject: row.subject_id,
      ...by,
      ...(because?.reason === undefined ? {} : { reason: because.reason }),
      data: {
        login: row.id,
        client: row.client_id,
        why: because?.why ?? 'revoked',
        ...(because?.policies === undefined ? {} : { policies: bounded(because.policies) }),
      },
    });
    return true;
  }

  async function nameOf(q: Queries, row: NetworkSessionRow): Promise<string | undefined> {
    const box = await vault.subject(q, row.subject_id);
    if (box === undefined) return undefined;
    return openAbout(box, row).name;
  }

  return {
    begin(
      tx,
      {
        subject,
        name,
        client,
        policies,
        service,
        certificate,
        vouched,
        shown,
        worth,
        reply,
        box,
        until,
        most,
      },
      arrival,
    ) {
      const id = ids.next<'network-session'>();
      const about: AboutSession = {
        name,
        address: arrival.through ?? arrival.address,
        source: arrival.address,
        trusted: arrival.trustedNetwork,
        station: arrival.station,
        worth,
        most,
        vouched,
      };
      const row = {
        id,
        subject_id: subject.id,
        client_id: client.device,
        epoch: subject.epoch,
        policies,
        client_epoch: client.epoch,
        door: arrival.door,
        service: service.slice(0, 64),
        shown,
        reply: writeReply(reply),
        about: sealAbout(box, id, about),
        certificate: certificate ?? null,
        device_session: null,
        started_at: clock.now(),
        until,
        ended_at: null,
        told: TOLD.all,
      };
      if (vouched === undefined) tx.put(insertNetworkSession, row);
      else tx.put(insertVouchedSession, { ...row, trusted: vouched.issuer });
      return id;
    },

    async open(q, id, client) {
      const session = read(await q.one(networkSessionById, { id }));
      return session?.client === client ? session : undefined;
    },

    async newest(q, subject, client, deviceSession) {
      const asked = { subject, client, now: clock.now() };
      const found =
        deviceSession === ''
          ? q.one(openNetworkSession, asked)
          : q.one(calledNetworkSession, { ...asked, deviceSession });
      return read(await found);
    },

    async at(q, id, client) {
      const row = await q.one(networkSessionById, { id });
      if (row?.client_id !== client) return undefined;
      return {
        id,
        subject: row.subject_id,
        isOpen: read(row) !== undefined,
        deviceSession: row.device_session ?? undefined,
      };
    },

    comeBack,

    async named(tx, id, client, deviceSession) {
      await tx.run(nameNetworkSession, { id, client, deviceSession });
    },

    async end(tx, id, client, why, arrival) {
      const session = await this.open(tx, id, client);
      if (session === undefined) return false;
      const told = why === 'reported' ? TOLD.byItself : TOLD.all;
      if ((await tx.run(endNetworkSession, { id, now: clock.now(), told })) !== 1) return false;
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

    async judgeAgain(tx, id, by) {
      const row = await tx.one(networkSessionById, { id });
      if (row === undefined || read(row) === undefined) return undefined;
      tx.afterCommit(() => void tellAll().catch(report));
      return rejudging.one(tx, row, by);
    },

    async settle() {
      // With a CA may fall whoever is there at all: that must not take an hour.
      for (let more = true; more; ) {
        const now = clock.now();
        const fallen = await store.read((q) => q.all(fallenNetworkSessions, { now }));
        for (const row of fallen) await store.write((tx) => putOut(tx, row, { door: row.door }));
        more = fallen.length >= AT_ONCE;
        if (more) await tellAll();
      }
      // Who was put out is told of, whatever becomes of those who are judged again.
      await rejudging.round().finally(tellAll);
    },

    onEnded: telling.onEnded,
    onChanged: telling.onChanged,
    told: telling.told,
  };
}
