import type { DeviceId, PersonId } from '../../kernel/id.ts';
import { tables } from '../../store/statement.ts';
import type { NetworkSessionId } from './network-words.ts';

export interface NetworkSessionRow {
  id: NetworkSessionId;
  subject_id: PersonId | DeviceId;
  client_id: DeviceId;
  /** Of the subject, then. */
  epoch: number;
  door: string;
  service: string;
  /** JSON of ShownAt. */
  shown: string;
  /** Who and where, sealed under the subject's key. */
  about: Uint8Array;
  /** The serial number of the certificate of ours that it rests on. */
  certificate: string | null;
  device_session: string | null;
  started_at: number;
  until: number;
  ended_at: number | null;
  /** 0 from when somebody is put out until their network device is asked to act on it. */
  told: number;
}

interface NetworkTables {
  network_session: NetworkSessionRow;
  subject: { id: string; kind: string; status: string; epoch: number };
  x509_certificate: { serial: string; ca_id: string; revoked_at: number | null };
  x509_ca: { id: string; revoked_at: number | null };
}

const t = tables<NetworkTables>();

export const insertNetworkSession = t.statement((db, p: NetworkSessionRow) =>
  db.insertInto('network_session').values({
    id: p.id,
    subject_id: p.subject_id,
    client_id: p.client_id,
    epoch: p.epoch,
    door: p.door,
    service: p.service,
    shown: p.shown,
    about: p.about,
    certificate: p.certificate,
    device_session: p.device_session,
    started_at: p.started_at,
    until: p.until,
    ended_at: p.ended_at,
    told: p.told,
  }),
);

export const networkSessionById = t.statement((db, p: { id: NetworkSessionId }) =>
  db.selectFrom('network_session').selectAll().where('id', '=', p.id),
);

/** What goes through a network device, and is no login at it: a tunnel, a port, a radio, whatever shows a certificate to come on. */
export const THROUGH: readonly string[] = Object.freeze(['vpn', 'wifi', 'wired', 'network']);

/** Of a person's logins at a device itself, the newest. */
export const openNetworkSession = t.statement(
  (db, p: { subject: PersonId | DeviceId; client: DeviceId; now: number }) =>
    db
      .selectFrom('network_session')
      .selectAll()
      .where('subject_id', '=', p.subject)
      .where('client_id', '=', p.client)
      .where('service', 'not in', THROUGH)
      .where('ended_at', 'is', null)
      .where('until', '>', p.now)
      .orderBy('id', 'desc')
      .limit(1),
);

/** `rests` is for `like`: the proofs that were shown. */
export const openNetworkSessionsOf = t.statement(
  (db, p: { subject: PersonId; rests: string; now: number }) =>
    db
      .selectFrom('network_session')
      .select(['id', 'client_id'])
      .where('subject_id', '=', p.subject)
      .where('shown', 'like', p.rests)
      .where('ended_at', 'is', null)
      .where('until', '>', p.now)
      .orderBy('id'),
);

export interface NetworkSessionPage {
  readonly now: number;
  readonly before?: string | undefined;
  readonly limit: number;
}

/** The open ones, the newest first. */
export const listNetworkSessions = ({ now, before, limit }: NetworkSessionPage) =>
  t.query((db) => {
    const open = db
      .selectFrom('network_session')
      .selectAll()
      .where('ended_at', 'is', null)
      .where('until', '>', now)
      .orderBy('id', 'desc')
      .limit(limit);
    return before === undefined ? open : open.where('id', '<', before as NetworkSessionId);
  });

export const nameNetworkSession = t.statement(
  (db, p: { id: NetworkSessionId; client: DeviceId; deviceSession: string }) =>
    db
      .updateTable('network_session')
      .set({ device_session: p.deviceSession })
      .where('id', '=', p.id)
      .where('client_id', '=', p.client)
      .where('ended_at', 'is', null),
);

export const endNetworkSession = t.statement(
  (db, p: { id: NetworkSessionId; now: number; told: number }) =>
    db
      .updateTable('network_session')
      .set({ ended_at: p.now, told: p.told })
      .where('id', '=', p.id)
      .where('ended_at', 'is', null),
);

export const untoldNetworkSessions = t.statement((db) =>
  db.selectFrom('network_session').selectAll().where('told', '=', 0).orderBy('id').limit(256),
);

export const tellNetworkSession = t.statement((db, p: { id: NetworkSessionId }) =>
  db.updateTable('network_session').set({ told: 1 }).where('id', '=', p.id).where('told', '=', 0),
);

/** What rests on somebody who may not be there any more: a person by their status, a device by any change, anyone by a certificate that was revoked, or whose CA was. */
export const fallenNetworkSessions = t.statement((db, p: { now: number }) =>
  db
    .selectFrom('network_session')
    .innerJoin('subject', 'subject.id', 'network_session.subject_id')
    .leftJoin('x509_certificate', 'x509_certificate.serial', 'network_session.certificate')
    .leftJoin('x509_ca', 'x509_ca.id', 'x509_certificate.ca_id')
    .selectAll('network_session')
    .where('network_session.ended_at', 'is', null)
    .where('network_session.until', '>', p.now)
    .where((eb) =>
      eb.or([
        eb('subject.status', '!=', 'active'),
        eb('x509_certificate.revoked_at', 'is not', null),
        eb('x509_ca.revoked_at', 'is not', null),
        eb.and([
          eb('subject.kind', '=', 'device'),
          eb('subject.epoch', '!=', eb.ref('network_session.epoch')),
        ]),
      ]),
    )
    .orderBy('network_session.id')
    .limit(256),
);

export const forgetNetworkSessions = t.statement((db, p: { before: number }) =>
  db.deleteFrom('network_session').where('until', '<', p.before),
);
