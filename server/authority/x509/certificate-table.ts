import { tables } from '../../store/statement.ts';
import type { Footing } from '../../store/store.ts';
import type { CertifiedKind, RevocationReason } from './authority-words.ts';
import type { ProfileName } from './profiles.ts';

interface CertificateTables {
  x509_certificate: {
    serial: string;
    ca_id: string;
    profile: ProfileName;
    subject_kind: CertifiedKind;
    subject_id: string;
    sealed: number;
    certificate: Uint8Array;
    detail: Uint8Array;
    fingerprint: string;
    key_hash: string;
    not_before: number;
    not_after: number;
    issued_at: number;
    renews: string | null;
    revoked_at: number | null;
    reason: RevocationReason | null;
    /** When it was last shown, to some minutes, and by which door. */
    shown_at: number | null;
    shown_by: string | null;
  };
  x509_key: { key_hash: string };
  x509_credential: {
    profile: ProfileName;
    serial: string;
    certificate: Uint8Array;
    ca_certificate: Uint8Array;
    secret: Uint8Array;
    names: string;
    not_before: number;
    not_after: number;
  };
}

export type CertificateRow = CertificateTables['x509_certificate'];
export type CredentialRow = CertificateTables['x509_credential'];

const t = tables<CertificateTables>();

export const insertCertificate = t.statement(
  (
    db,
    p: {
      serial: string;
      ca: string;
      profile: ProfileName;
      kind: CertifiedKind;
      subject: string;
      sealed: number;
      certificate: Uint8Array;
      detail: Uint8Array;
      fingerprint: string;
      keyHash: string;
      notBefore: number;
      notAfter: number;
      now: number;
      renews: string | null;
    },
  ) =>
    db.insertInto('x509_certificate').values({
      serial: p.serial,
      ca_id: p.ca,
      profile: p.profile,
      subject_kind: p.kind,
      subject_id: p.subject,
      sealed: p.sealed,
      certificate: p.certificate,
      detail: p.detail,
      fingerprint: p.fingerprint,
      key_hash: p.keyHash,
      not_before: p.notBefore,
      not_after: p.notAfter,
      issued_at: p.now,
      renews: p.renews,
    }),
);

export const certificateBySerial = t.statement((db, p: { serial: string }) =>
  db.selectFrom('x509_certificate').selectAll().where('serial', '=', p.serial),
);

/** What a decision needs of one. */
export const certificateState = t.statement((db, p: { serial: string }) =>
  db
    .selectFrom('x509_certificate')
    .select([
      'serial',
      'ca_id',
      'profile',
      'subject_kind',
      'subject_id',
      'fingerprint',
      'revoked_at',
      'reason',
    ])
    .where('serial', '=', p.serial),
);

/** What that rests on: that it was shown changes nothing. */
export const certificateFooting: Footing = {
  existing: [],
  rows: ['x509_certificate'],
  tables: [],
  unread: { x509_certificate: ['shown_at', 'shown_by'] },
};

/** Whoever revokes it waits until this is done, or this for them. SQLite has one writer, and needs no more. */
export const holdCertificate = t.statement((db, p: { serial: string }, dialect) => {
  const held = db.selectFrom('x509_certificate').select('serial').where('serial', '=', p.serial);
  return dialect === 'postgres' ? held.forNoKeyUpdate() : held;
});

export const showCertificate = t.statement(
  (db, p: { serial: string; door: string; now: number; before: number }) =>
    db
      .updateTable('x509_certificate')
      .set({ shown_at: p.now, shown_by: p.door })
      .where('serial', '=', p.serial)
      .where((eb) => eb.or([eb('shown_at', 'is', null), eb('shown_at', '<=', p.before)])),
);

/** By what was shown, where nobody looked for its row. */
export const showCertificateOf = t.statement(
  (db, p: { subject: string; fingerprint: string; door: string; now: number; before: number }) =>
    db
      .updateTable('x509_certificate')
      .set({ shown_at: p.now, shown_by: p.door })
      .where('subject_id', '=', p.subject)
      .where('not_after', '>', p.now)
      .where('fingerprint', '=', p.fingerprint)
      .where((eb) => eb.or([eb('shown_at', 'is', null), eb('shown_at', '<=', p.before)])),
);

/** Waits for whoever else asks for a certificate with this key until they are done; before anything is read of it. */
export const holdKey = t.statement((db, p: { keyHash: string }) =>
  db
    .insertInto('x509_key')
    .values({ key_hash: p.keyHash })
    .onConflict((oc) =>
      oc.column('key_hash').doUpdateSet((eb) => ({ key_hash: eb.ref('excluded.key_hash') })),
    ),
);

/** Keys that no certificate has any more. */
export const forgetKeys = t.statement((db) =>
  db
    .deleteFrom('x509_key')
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('x509_certificate')
            .select('serial')
            .whereRef('x509_certificate.key_hash', '=', 'x509_key.key_hash'),
        ),
      ),
    ),
);

/** Whoever had a certificate with this key. */
export const certificatesOfKey = t.statement((db, p: { keyHash: string }) =>
  db
    .selectFrom('x509_certificate')
    .select(['subject_id', 'revoked_at', 'reason'])
    .where('key_hash', '=', p.keyHash),
);

export const goodOfSubject = t.statement((db, p: { subject: string; now: number }) =>
  db
    .selectFrom('x509_certificate')
    .selectAll()
    .where('subject_id', '=', p.subject)
    .where('not_after', '>', p.now)
    .where('revoked_at', 'is', null),
);

/** Whether somebody ever had a certificate of a CA of ours. */
export const certifiedBy = t.statement((db, p: { ca: string; subject: string }) =>
  db
    .selectFrom('x509_certificate')
    .select('subject_id')
    .where('subject_id', '=', p.subject)
    .where('ca_id', '=', p.ca)
    .where('subject_kind', '=', 'person')
    .limit(1),
);

/** Processes that may still come by a certificate of a CA of ours, or did a while ago. */
export const processesCertifiedBy = t.statement(
  (db, p: { ca: string; now: number; after: string }) =>
    db
      .selectFrom('x509_certificate')
      .select('subject_id')
      .distinct()
      .where('ca_id', '=', p.ca)
      .where('subject_kind', '=', 'process')
      .where('not_after', '>', p.now)
      .where('subject_id', '>', p.after)
      .orderBy('subject_id')
      .limit(256),
);

export const markRevoked = t.statement(
  (db, p: { serial: string; now: number; reason: RevocationReason }) =>
    db
      .updateTable('x509_certificate')
      .set({ revoked_at: p.now, reason: p.reason })
      .where('serial', '=', p.serial)
      .where('revoked_at', 'is', null),
);

/** What a list tells of: until it has expired, and once after (RFC 5280 §3.3). */
export const revokedOfCa = t.statement((db, p: { ca: string; since: number }) =>
  db
    .selectFrom('x509_certificate')
    .select(['serial', 'revoked_at', 'reason'])
    .where('ca_id', '=', p.ca)
    .where('revoked_at', 'is not', null)
    .where('not_after', '>', p.since)
    .orderBy('serial'),
);

export interface Listing {
  readonly subject?: string | undefined;
  readonly profile?: ProfileName | undefined;
  readonly state?: 'good' | 'revoked' | 'expired' | undefined;
  readonly before?: { readonly issuedAt: number; readonly serial: string } | undefined;
  readonly now: number;
  readonly limit: number;
}

/** The newest first. */
export const listCertificates = ({ subject, profile, state, before, now, limit }: Listing) =>
  t.query((db) => {
    let query = db.selectFrom('x509_certificate').selectAll();
    if (subject !== undefined) query = query.where('subject_id', '=', subject);
    if (profile !== undefined) query = query.where('profile', '=', profile);
    if (state === 'revoked') query = query.where('revoked_at', 'is not', null);
    else if (state !== undefined) {
      query = query
        .where('revoked_at', 'is', null)
        .where('not_after', state === 'good' ? '>' : '<=', now);
    }
    if (before !== undefined) {
      query = query.where((eb) =>
        eb.or([
          eb('issued_at', '<', before.issuedAt),
          eb.and([eb('issued_at', '=', before.issuedAt), eb('serial', '<', before.serial)]),
        ]),
      );
    }
    return query.orderBy('issued_at', 'desc').orderBy('serial', 'desc').limit(limit);
  });

/** Rows that nothing asks for any more; but a key that was in wrong hands stays known. */
export const forgetCertificates = t.statement((db, p: { before: number }) =>
  db
    .deleteFrom('x509_certificate')
    .where('not_after', '<', p.before)
    .where((eb) => eb.or([eb('reason', 'is', null), eb('reason', '!=', 'key-compromise')])),
);

export const credentialOf = t.statement((db, p: { profile: ProfileName }) =>
  db.selectFrom('x509_credential').selectAll().where('profile', '=', p.profile),
);

export const putCredential = t.statement(
  (
    db,
    p: {
      profile: ProfileName;
      serial: string;
      certificate: Uint8Array;
      ca: Uint8Array;
      secret: Uint8Array;
      names: string;
      notBefore: number;
      notAfter: number;
    },
  ) =>
    db
      .insertInto('x509_credential')
      .values({
        profile: p.profile,
        serial: p.serial,
        certificate: p.certificate,
        ca_certificate: p.ca,
        secret: p.secret,
        names: p.names,
        not_before: p.notBefore,
        not_after: p.notAfter,
      })
      .onConflict((oc) =>
        oc.column('profile').doUpdateSet((eb) => ({
          serial: eb.ref('excluded.serial'),
          certificate: eb.ref('excluded.certificate'),
          ca_certificate: eb.ref('excluded.ca_certificate'),
          secret: eb.ref('excluded.secret'),
          names: eb.ref('excluded.names'),
          not_before: eb.ref('excluded.not_before'),
          not_after: eb.ref('excluded.not_after'),
        })),
      ),
);
