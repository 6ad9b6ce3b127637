import {
  revokedCertificate,
  trustedAsItWas,
  trustedNamed,
} from '../../authority/x509/standing-table.ts';
import type { DeviceId, PersonId } from '../../kernel/id.ts';
import type { Dialect } from '../../store/dialect.ts';
import { tables } from '../../store/statement.ts';
import { type NetworkSessionRow, TOLD } from './network-session-row.ts';
import type { NetworkSessionId } from './network-words.ts';

interface NetworkTables {
  network_session: NetworkSessionRow;
  subject: { id: string; kind: string; status: string; epoch: number };
  policy_set: { version: number };
}

const t = tables<NetworkTables>();

/** No policies ever had this version: what was judged by it is judged again. */
const BY_NONE = -1;

type NewNetworkSession = Omit<NetworkSessionRow, 'asked_at' | 'trusted_id' | 'trusted_version'>;

/** With what it was judged by, which need not be what stands in the database by now: then it is judged again. */
export const insertNetworkSession = t.statement((db, p: NewNetworkSession) =>
  db.insertInto('network_session').values(judged(p)),
);

/** One that a CA of others vouches for, by its name. */
export const insertVouchedSession = t.statement(
  (db, p: NewNetworkSession & { trusted: string }, dialect) =>
    db.insertInto('network_session').values({ ...judged(p), ...vouched(dialect, p.trusted) }),
);

function vouched(dialect: Dialect, name: string | null) {
  const trusted = trustedNamed(dialect, { name });
  return { trusted_id: trusted.select('id'), trusted_version: trusted.select('version') };
}

function judged(p: NewNetworkSession) {
  return {
    id: p.id,
    subject_id: p.subject_id,
    client_id: p.client_id,
    epoch: p.epoch,
    door: p.door,
    service: p.service,
    shown: p.shown,
    reply: p.reply,
    policies: p.policies,
    client_epoch: p.client_epoch,
    about: p.about,
    certificate: p.certificate,
    device_session: p.device_session,
    started_at: p.started_at,
    until: p.until,
    ended_at: p.ended_at,
    told: p.told,
  };
}

export const networkSessionById = t.statement((db, p: { id: NetworkSessionId }) =>
  db.selectFrom('network_session').selectAll().where('id', '=', p.id),
);

/** What goes through a network device, and is no login at it: a tunnel, a port, a radio, whatever shows a certificate to come on. */
export const THROUGH: readonly string[] = Object.freeze(['vpn', 'wifi', 'wired', 'network']);

/** Of a person's logins at a device itself the newest. */
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

/** The one that it calls so, else the newest that it calls nothing yet: what it calls otherwise is another login. */
export const calledNetworkSession = t.statement(
  (db, p: { subject: PersonId | DeviceId; client: DeviceId; deviceSession: string; now: number }) =>
    db
      .selectFrom('network_session')
      .selectAll()
      .where('subject_id', '=', p.subject)
      .where('client_id', '=', p.client)
      .where('service', 'not in', THROUGH)
      .where('ended_at', 'is', null)
      .where('until', '>', p.now)
      .where((eb) =>
        eb.or([eb('device_session', 'is', null), eb('device_session', '=', p.deviceSession)]),
      )
      .orderBy((eb) => eb.case().when('device_session', '=', p.deviceSession).then(0).else(1).end())
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

/**
 * Judged again at once: what it rests on may have gone meanwhile. Under the same name of its network device's it is what was told late; and
 * nobody comes back to a login at the device itself, by which commands are judged.
 */
export const resumeNetworkSession = t.statement(
  (db, p: { id: NetworkSessionId; client: DeviceId; deviceSession: string; now: number }) =>
    db
      .updateTable('network_session')
      .set({ ended_at: null, told: TOLD.all, policies: BY_NONE, device_session: p.deviceSession })
      .where('id', '=', p.id)
      .where('client_id', '=', p.client)
      .where('service', 'in', THROUGH)
      .where('told', '=', TOLD.byItself)
      .where('until', '>', p.now)
      .where((eb) =>
        eb.or([eb('device_session', 'is', null), eb('device_session', '!=', p.deviceSession)]),
      ),
);

/** Who went by the word of a network device does not come back by it: from then on they count as put out. `rests` as above. */
export const barNetworkSessions = t.statement(
  (db, p: { subject: PersonId; rests: string; now: number }) =>
    db
      .updateTable('network_session')
      .set({ told: TOLD.all })
      .where('subject_id', '=', p.subject)
      .where('shown', 'like', p.rests)
      .where('told', '=', TOLD.byItself)
      .where('until', '>', p.now),
);

/** Of one that was put out, where its network device was asked already and not just now; by the name that it has for them by now. */
export const askAgainToEnd = t.statement(
  (
    db,
    p: {
      id: NetworkSessionId;
      client: DeviceId;
      deviceSession: string;
      now: number;
      before: number;
    },
  ) =>
    db
      .updateTable('network_session')
      .set({ told: TOLD.notItsEnd, asked_at: p.now, device_session: p.deviceSession })
      .where('id', '=', p.id)
      .where('client_id', '=', p.client)
      .where('ended_at', 'is not', null)
      .where('told', '=', TOLD.all)
      .where('until', '>', p.now)
      .where((eb) => eb.or([eb('asked_at', 'is', null), eb('asked_at', '<=', p.before)])),
);

export const untoldNetworkSessions = t.statement((db) =>
  db
    .selectFrom('network_session')
    .selectAll()
    .where('told', '=', TOLD.notItsEnd)
    .orderBy('id')
    .limit(256),
);

export const tellNetworkSession = t.statement((db, p: { id: NetworkSessionId }) =>
  db
    .updateTable('network_session')
    .set({ told: TOLD.all })
    .where('id', '=', p.id)
    .where('told', '=', TOLD.notItsEnd),
);

/** Of those that fell, so many are read in one go. */
export const AT_ONCE = 256;

/** What rests on somebody who may not be there any more: a person by their status, a device by any change, anyone by a certificate that was revoked, or whose CA was. */
export const fallenNetworkSessions = t.statement((db, p: { now: number }, dialect) =>
  db
    .selectFrom('network_session')
    .innerJoin('subject', 'subject.id', 'network_session.subject_id')
    .selectAll('network_session')
    .where('network_session.ended_at', 'is', null)
    .where('network_session.until', '>', p.now)
    .where((eb) =>
      eb.or([
        eb('subject.status', '!=', 'active'),
        eb.exists(revokedCertificate(dialect, { serial: eb.ref('network_session.certificate') })),
        eb.and([
          eb('subject.kind', '=', 'device'),
          eb('subject.epoch', '!=', eb.ref('network_session.epoch')),
        ]),
      ]),
    )
    .orderBy('network_session.id')
    .limit(AT_ONCE),
);

/** What was judged by other policies than those in force, or of a person, at a network device or by a CA that changed since. */
export const outdatedNetworkSessions = t.statement(
  (db, p: { now: number; policies: number; after: string }, dialect) =>
    db
      .selectFrom('network_session')
      .innerJoin('subject', 'subject.id', 'network_session.subject_id')
      .innerJoin('subject as client', 'client.id', 'network_session.client_id')
      .selectAll('network_session')
      .where('network_session.ended_at', 'is', null)
      .where('network_session.until', '>', p.now)
      .where('network_session.id', '>', p.after as NetworkSessionId)
      .where((eb) =>
        eb.or([
          eb('network_session.policies', '!=', p.policies),
          eb('client.epoch', '!=', eb.ref('network_session.client_epoch')),
          eb.and([
            eb('network_session.trusted_id', 'is not', null),
            eb.not(
              eb.exists(
                trustedAsItWas(dialect, {
                  id: eb.ref('network_session.trusted_id'),
                  version: eb.ref('network_session.trusted_version'),
                }),
              ),
            ),
          ]),
          eb.and([
            eb('subject.kind', '=', 'person'),
            eb('subject.epoch', '!=', eb.ref('network_session.epoch')),
          ]),
        ]),
      )
      .orderBy('network_session.id')
      .limit(64),
);

/** For when what policies are told of a device is another than it was. */
export const doubtNetworkSessionsOf = t.statement((db, p: { subject: DeviceId }) =>
  db
    .updateTable('network_session')
    .set({ policies: BY_NONE })
    .where('subject_id', '=', p.subject)
    .where('ended_at', 'is', null),
);

interface JudgedBy {
  readonly id: NetworkSessionId;
  readonly policies: number;
  readonly epoch: number;
  readonly clientEpoch: number;
  /** By its name. */
  readonly trusted: string | null;
}

export const judgedNetworkSession = t.statement((db, p: JudgedBy, dialect) =>
  db
    .updateTable('network_session')
    .set({
      policies: p.policies,
      epoch: p.epoch,
      client_epoch: p.clientEpoch,
      ...vouched(dialect, p.trusted),
    })
    .where('id', '=', p.id)
    .where('ended_at', 'is', null),
);

/** Its network device is to be told. */
export const changeNetworkSession = t.statement(
  (db, p: { id: NetworkSessionId; reply: string; until: number }) =>
    db
      .updateTable('network_session')
      .set({ reply: p.reply, until: p.until, told: TOLD.notItsChange, asked_at: null })
      .where('id', '=', p.id)
      .where('ended_at', 'is', null),
);

export const changedNetworkSessions = t.statement((db, p: { before: number }) =>
  db
    .selectFrom('network_session')
    .selectAll()
    .where('told', '=', TOLD.notItsChange)
    .where('ended_at', 'is', null)
    .where((eb) => eb.or([eb('asked_at', 'is', null), eb('asked_at', '<=', p.before)]))
    .orderBy('id')
    .limit(256),
);

/** Of several nodes one asks; another one after a while, if that one died meanwhile. */
export const askNetworkChange = t.statement(
  (db, p: { id: NetworkSessionId; now: number; before: number }) =>
    db
      .updateTable('network_session')
      .set({ asked_at: p.now })
      .where('id', '=', p.id)
      .where('told', '=', TOLD.notItsChange)
      .where('ended_at', 'is', null)
      .where((eb) => eb.or([eb('asked_at', 'is', null), eb('asked_at', '<=', p.before)])),
);

/** Unless it is to be told yet another one by now. */
export const tookNetworkChange = t.statement((db, p: { id: NetworkSessionId; reply: string }) =>
  db
    .updateTable('network_session')
    .set({ told: TOLD.all })
    .where('id', '=', p.id)
    .where('told', '=', TOLD.notItsChange)
    .where('reply', '=', p.reply),
);

export const forgetNetworkSessions = t.statement((db, p: { before: number }) =>
  db.deleteFrom('network_session').where('until', '<', p.before),
);
