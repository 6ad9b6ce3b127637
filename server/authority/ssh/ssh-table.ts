import { tables } from '../../store/statement.ts';
import type { CertificateKind } from './ssh-words.ts';

interface SshTables {
  ssh_ca_key: {
    kind: CertificateKind;
    version: number;
    public_blob: Uint8Array;
    secret: Uint8Array | null;
    created_at: number;
    signs_from: number;
    signs_until: number | null;
    gone_at: number | null;
    void_at: number | null;
  };
  ssh_certificate: {
    serial: number;
    kind: CertificateKind;
    ca_version: number;
    subject_id: string;
    subject_epoch: number;
    session_id: string | null;
    host: string;
    principals: string;
    options: string;
    fingerprint: string;
    issued_at: number;
    expires_at: number;
    revoked_at: number | null;
  };
  ssh_revoked_key: { fingerprint: string; blob: Uint8Array; revoked_at: number };
}

export type CaKeyRow = SshTables['ssh_ca_key'];
export type SshCertificateRow = SshTables['ssh_certificate'];

const t = tables<SshTables>();

export const caKeyRows = t.statement((db) =>
  db.selectFrom('ssh_ca_key').selectAll().orderBy('kind').orderBy('version', 'desc'),
);

/** Of two nodes that make the same version, one does. */
export const insertCaKey = t.statement(
  (
    db,
    p: {
      kind: CertificateKind;
      version: number;
      blob: Uint8Array;
      secret: Uint8Array;
      now: number;
      signsFrom: number;
    },
  ) =>
    db
      .insertInto('ssh_ca_key')
      .values({
        kind: p.kind,
        version: p.version,
        public_blob: p.blob,
        secret: p.secret,
        created_at: p.now,
        signs_from: p.signsFrom,
      })
      .onConflict((oc) => oc.columns(['kind', 'version']).doNothing()),
);

export const retireCaKey = t.statement(
  (db, p: { kind: CertificateKind; version: number; until: number; gone: number }) =>
    db
      .updateTable('ssh_ca_key')
      .set({ signs_until: p.until, gone_at: p.gone })
      .where('kind', '=', p.kind)
      .where('version', '=', p.version)
      .where('signs_until', 'is', null),
);

/** At once, whatever was planned for them; they are told of as revoked from now on. */
export const voidCaKeys = t.statement(
  (db, p: { kind: CertificateKind; before: number; now: number }) =>
    db
      .updateTable('ssh_ca_key')
      .set({ signs_until: p.now, gone_at: p.now, void_at: p.now })
      .where('kind', '=', p.kind)
      .where('version', '<', p.before)
      .where('void_at', 'is', null),
);

export const destroyCaKey = t.statement(
  (db, p: { kind: CertificateKind; version: number; now: number }) =>
    db
      .updateTable('ssh_ca_key')
      .set({ secret: null })
      .where('kind', '=', p.kind)
      .where('version', '=', p.version)
      .where('gone_at', '<=', p.now)
      .where('secret', 'is not', null),
);

export const insertCertificate = t.statement((db, p: Omit<SshCertificateRow, 'revoked_at'>) =>
  db.insertInto('ssh_certificate').values({
    serial: p.serial,
    kind: p.kind,
    ca_version: p.ca_version,
    subject_id: p.subject_id,
    subject_epoch: p.subject_epoch,
    session_id: p.session_id,
    host: p.host,
    principals: p.principals,
    options: p.options,
    fingerprint: p.fingerprint,
    issued_at: p.issued_at,
    expires_at: p.expires_at,
  }),
);

export const certificateBySerial = t.statement((db, p: { serial: number }) =>
  db.selectFrom('ssh_certificate').selectAll().where('serial', '=', p.serial),
);

/** So many are read of those who have one key. */
export const MOST_HOLDERS = 64;

/** Whom a key was certified for, as far back as rows are kept. */
export const holdersOfKey = t.statement((db, p: { fingerprint: string }) =>
  db
    .selectFrom('ssh_certificate')
    .select(['kind', 'subject_id'])
    .distinct()
    .where('fingerprint', '=', p.fingerprint)
    .limit(MOST_HOLDERS),
);

/** Those of one host's key from some time on, that one among them. */
export const hostCertificatesSince = t.statement(
  (db, p: { subject: string; fingerprint: string; from: number }) =>
    db
      .selectFrom('ssh_certificate')
      .select(['principals', 'revoked_at'])
      .where('subject_id', '=', p.subject)
      .where('kind', '=', 'host')
      .where('fingerprint', '=', p.fingerprint)
      .where('issued_at', '>=', p.from),
);

export type LatestOfHost = Pick<
  SshCertificateRow,
  'subject_id' | 'host' | 'issued_at' | 'expires_at'
>;

/** The one that is good longest comes last. */
export const latestOfHosts = t.statement((db, p: { after: number }) =>
  db
    .selectFrom('ssh_certificate')
    .select(['subject_id', 'host', 'issued_at', 'expires_at'])
    .where('kind', '=', 'host')
    .where('expires_at', '>', p.after)
    .where('revoked_at', 'is', null)
    .orderBy('expires_at'),
);

/** An SSH host's certificate that is good, if it has one: by it the host proves itself to whoever logs in. */
export const goodHostCertificate = t.statement((db, p: { device: string; now: number }) =>
  db
    .selectFrom('ssh_certificate')
    .innerJoin('ssh_ca_key', (join) =>
      join
        .onRef('ssh_ca_key.kind', '=', 'ssh_certificate.kind')
        .onRef('ssh_ca_key.version', '=', 'ssh_certificate.ca_version'),
    )
    .select(['ssh_certificate.serial', 'ssh_certificate.expires_at'])
    .where('ssh_certificate.subject_id', '=', p.device)
    .where('ssh_certificate.kind', '=', 'host')
    .where('ssh_certificate.expires_at', '>', p.now)
    .where('ssh_certificate.revoked_at', 'is', null)
    .where('ssh_ca_key.void_at', 'is', null)
    .orderBy('ssh_certificate.expires_at', 'desc')
    .limit(1),
);

/** Those that are good by their time, the newest first. */
export const liveCertificates = t.statement((db, p: { now: number; limit: number }) =>
  db
    .selectFrom('ssh_certificate')
    .selectAll()
    .where('expires_at', '>', p.now)
    .orderBy('issued_at', 'desc')
    .orderBy('serial', 'desc')
    .limit(p.limit),
);

export const revokeCertificate = t.statement((db, p: { serial: number; now: number }) =>
  db
    .updateTable('ssh_certificate')
    .set({ revoked_at: p.now })
    .where('serial', '=', p.serial)
    .where('expires_at', '>', p.now)
    .where('revoked_at', 'is', null),
);

/** A session that is stepped up from ends, and what came of it goes on with the one that follows. */
export const carryCertificates = t.statement((db, p: { from: string; to: string }) =>
  db.updateTable('ssh_certificate').set({ session_id: p.to }).where('session_id', '=', p.from),
);

export const revokedSerials = t.statement((db, p: { after: number }) =>
  db
    .selectFrom('ssh_certificate')
    .select(['kind', 'serial'])
    .where('revoked_at', 'is not', null)
    .where('expires_at', '>', p.after),
);

export const insertRevokedKey = t.statement(
  (db, p: { fingerprint: string; blob: Uint8Array; now: number }) =>
    db
      .insertInto('ssh_revoked_key')
      .values({ fingerprint: p.fingerprint, blob: p.blob, revoked_at: p.now })
      .onConflict((oc) => oc.column('fingerprint').doNothing()),
);

export const revokedKeyRows = t.statement((db) =>
  db.selectFrom('ssh_revoked_key').selectAll().orderBy('revoked_at'),
);

export const revokedKey = t.statement((db, p: { fingerprint: string }) =>
  db.selectFrom('ssh_revoked_key').select('fingerprint').where('fingerprint', '=', p.fingerprint),
);

export const forgetSshCertificates = t.statement((db, p: { before: number }) =>
  db.deleteFrom('ssh_certificate').where('expires_at', '<', p.before),
);
