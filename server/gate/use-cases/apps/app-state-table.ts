import { tables } from '../../../store/statement.ts';
import type { GrantRow } from '../../entry/grant-table.ts';

export interface AppStateRow {
  /** The model and the SHA-256 of the id, which for codes and tokens is the secret itself. */
  key: string;
  model: string;
  /** Another hash by which it is found: of a typed code, or of a browser session's public id. */
  alias: string | null;
  grant_id: string | null;
  /** JSON, sealed. */
  payload: Uint8Array;
  expires_at: number;
  used_at: number | null;
  consumed_at: number | null;
  /** Of a refresh token that was rotated: the one that it was rotated to, sealed. */
  successor: Uint8Array | null;
}

interface AppStateTables {
  oidc_state: AppStateRow;
  entry_grant: Pick<
    GrantRow,
    'id' | 'subject_id' | 'client_id' | 'session_id' | 'ended_at' | 'epoch'
  >;
  subject: { id: string; status: string; epoch: number };
  session: { id: string; ended_at: number | null };
}

const t = tables<AppStateTables>();

export const appState = t.statement((db, p: { key: string }) =>
  db.selectFrom('oidc_state').selectAll().where('key', '=', p.key),
);

export const appStateByAlias = t.statement((db, p: { alias: string }) =>
  db.selectFrom('oidc_state').selectAll().where('alias', '=', p.alias),
);

type Written = Pick<AppStateRow, 'key' | 'model' | 'alias' | 'grant_id' | 'payload' | 'expires_at'>;

/** Nothing is changed where the key is there already: 0 rows tell of it. */
export const insertAppState = t.statement((db, p: Written) =>
  db
    .insertInto('oidc_state')
    .values({
      key: p.key,
      model: p.model,
      alias: p.alias,
      grant_id: p.grant_id,
      payload: p.payload,
      expires_at: p.expires_at,
    })
    .onConflict((oc) => oc.doNothing()),
);

export const updateAppState = t.statement((db, p: Written) =>
  db
    .updateTable('oidc_state')
    .set({
      alias: p.alias,
      grant_id: p.grant_id,
      payload: p.payload,
      expires_at: p.expires_at,
    })
    .where('key', '=', p.key)
    .where('model', '=', p.model),
);

/** One use: `run() === 1` for whoever was first. */
export const consumeAppState = t.statement((db, p: { key: string; now: number }) =>
  db
    .updateTable('oidc_state')
    .set({ consumed_at: p.now })
    .where('key', '=', p.key)
    .where('consumed_at', 'is', null),
);

export const rotateAppState = t.statement(
  (db, p: { key: string; now: number; successor: Uint8Array }) =>
    db
      .updateTable('oidc_state')
      .set({ consumed_at: p.now, successor: p.successor })
      .where('key', '=', p.key)
      .where('consumed_at', 'is', null),
);

export const touchAppState = t.statement((db, p: { key: string; now: number }) =>
  db.updateTable('oidc_state').set({ used_at: p.now }).where('key', '=', p.key),
);

export const deleteAppState = t.statement((db, p: { key: string }) =>
  db.deleteFrom('oidc_state').where('key', '=', p.key),
);

/** Grants that ended, of those whose application wants to be told. */
export const endedAppGrants = t.statement((db, p: { alias: string }) =>
  db
    .selectFrom('oidc_state')
    .innerJoin('entry_grant', 'entry_grant.id', 'oidc_state.grant_id')
    .innerJoin('subject', 'subject.id', 'entry_grant.subject_id')
    .leftJoin('session', 'session.id', 'entry_grant.session_id')
    .select(['oidc_state.key', 'entry_grant.id', 'entry_grant.subject_id', 'entry_grant.client_id'])
    .where('oidc_state.alias', '=', p.alias)
    .where((eb) =>
      eb.or([
        eb('entry_grant.ended_at', 'is not', null),
        eb('session.ended_at', 'is not', null),
        eb('subject.status', '!=', 'active'),
      ]),
    )
    .limit(500),
);

/** `run() === 1` for whoever tells of it. */
export const takeAppState = t.statement((db, p: { key: string; alias: string }) =>
  db
    .updateTable('oidc_state')
    .set({ alias: null })
    .where('key', '=', p.key)
    .where('alias', '=', p.alias),
);

export const forgetAppStates = t.statement((db, p: { before: number }) =>
  db.deleteFrom('oidc_state').where('expires_at', '<=', p.before),
);
