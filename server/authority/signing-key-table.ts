import { tables } from '../store/statement.ts';
import type { SigningAlgorithm } from './signing-key.ts';

interface SigningKeyTables {
  signing_key: {
    alg: SigningAlgorithm;
    version: number;
    kid: string;
    public_jwk: string;
    secret: Uint8Array | null;
    created_at: number;
    signs_from: number;
    signs_until: number | null;
    gone_at: number | null;
  };
}

export type SigningKeyRow = SigningKeyTables['signing_key'];

const t = tables<SigningKeyTables>();

export const signingKeyRows = t.statement((db) =>
  db.selectFrom('signing_key').selectAll().orderBy('alg').orderBy('version', 'desc'),
);

/** Of two nodes that make the same version, one does. */
export const insertSigningKey = t.statement(
  (
    db,
    p: {
      alg: SigningAlgorithm;
      version: number;
      kid: string;
      publicJwk: string;
      secret: Uint8Array;
      now: number;
      signsFrom: number;
    },
  ) =>
    db
      .insertInto('signing_key')
      .values({
        alg: p.alg,
        version: p.version,
        kid: p.kid,
        public_jwk: p.publicJwk,
        secret: p.secret,
        created_at: p.now,
        signs_from: p.signsFrom,
      })
      .onConflict((oc) => oc.columns(['alg', 'version']).doNothing()),
);

export const retireSigningKey = t.statement(
  (db, p: { alg: SigningAlgorithm; version: number; until: number; gone: number }) =>
    db
      .updateTable('signing_key')
      .set({ signs_until: p.until, gone_at: p.gone })
      .where('alg', '=', p.alg)
      .where('version', '=', p.version)
      .where('signs_until', 'is', null),
);

/** At once, whatever was planned for it. */
export const endSigningKeys = t.statement(
  (db, p: { alg: SigningAlgorithm; before: number; now: number }) =>
    db
      .updateTable('signing_key')
      .set({ signs_until: p.now, gone_at: p.now })
      .where('alg', '=', p.alg)
      .where('version', '<', p.before)
      .where((eb) => eb.or([eb('gone_at', 'is', null), eb('gone_at', '>', p.now)])),
);

export const destroySigningKey = t.statement(
  (db, p: { alg: SigningAlgorithm; version: number; now: number }) =>
    db
      .updateTable('signing_key')
      .set({ secret: null })
      .where('alg', '=', p.alg)
      .where('version', '=', p.version)
      .where('gone_at', '<=', p.now)
      .where('secret', 'is not', null),
);
