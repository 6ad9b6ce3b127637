/**
 * Parts of others' statements: whether what vouches for somebody still does. What a room of others writes only as long as that
 * stands, it writes on these, so that what a certificate rests on is known here alone.
 */
import { type Expression, sql } from 'kysely';
import { type NoParameters, tables } from '../../store/statement.ts';

interface StandingTables {
  x509_certificate: { serial: string; ca_id: string; revoked_at: number | null };
  x509_ca: { id: string; revoked_at: number | null };
  x509_trusted: { id: string; name: string; version: number };
}

const t = tables<StandingTables>();

/** A row, if a certificate of ours is good but for its time. It stays so until the transaction is through. */
export const heldCertificate = t.part((db, p: { serial: string }, dialect) => {
  const standing = db
    .selectFrom('x509_certificate')
    .innerJoin('x509_ca', 'x509_ca.id', 'x509_certificate.ca_id')
    .select('x509_certificate.serial')
    .where('x509_certificate.serial', '=', p.serial)
    .where('x509_certificate.revoked_at', 'is', null)
    .where('x509_ca.revoked_at', 'is', null);
  return dialect === 'postgres' ? standing.forShare() : standing;
});

/** A row, if a certificate of ours was revoked, or its CA. */
export const revokedCertificate = t.part((db, p: { serial: Expression<string | null> }) =>
  db
    .selectFrom('x509_certificate')
    .innerJoin('x509_ca', 'x509_ca.id', 'x509_certificate.ca_id')
    .select('x509_certificate.serial')
    .where('x509_certificate.serial', '=', p.serial)
    .where((eb) =>
      eb.or([
        eb('x509_certificate.revoked_at', 'is not', null),
        eb('x509_ca.revoked_at', 'is not', null),
      ]),
    ),
);

/** What is known of a CA of others, as it is then. */
export const trustedNamed = t.part((db, p: { name: string | null }) =>
  db.selectFrom('x509_trusted').where('name', '=', p.name),
);

/** What is known of CAs of others stays as it is until the transaction is through: whoever changes it waits, or was first. */
export const holdTrusted = t.statement((db, _p: NoParameters, dialect) => {
  const all = db.selectFrom('x509_trusted').select(['id', 'version']).orderBy('id');
  return dialect === 'postgres' ? all.forShare() : all;
});

/** All that is trusted, in one text (`versionsText`); it stays so until the transaction is through. */
export const heldVersions = t.part((db, _p: NoParameters, dialect) => {
  const joined = sql.raw(dialect === 'postgres' ? 'string_agg' : 'group_concat');
  const one = sql`held.id || ' ' || cast(held.version as text)`;
  return db
    .with('held', (of) => {
      const all = of.selectFrom('x509_trusted').select(['id', 'version']).orderBy('id');
      return dialect === 'postgres' ? all.forShare() : all;
    })
    .selectFrom('held')
    .select(sql<string | null>`${joined}(${one}, ',' order by held.id)`.as('versions'));
});

/** A row, if that is still what it was. */
export const trustedAsItWas = t.part(
  (db, p: { id: Expression<string | null>; version: Expression<number | null> }) =>
    db
      .selectFrom('x509_trusted')
      .select('x509_trusted.id')
      .where('x509_trusted.id', '=', p.id)
      .where('x509_trusted.version', '=', p.version),
);
