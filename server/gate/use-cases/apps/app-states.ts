/**
 * What a sign-in to an application leaves between two requests: codes, tokens, interactions. The doors' protocol library
 * says what is in them; whether one is still good is said here, from rows, each time it is looked at:
 *
 *   - what hangs on a grant is good while the grant is: not revoked, its session not ended, its person not disabled. So the
 *     end of any of them counts at once, on every node, and nothing has to be hunted down;
 *   - a code or a token is consumed by a conditional update of one row, so that of many who come at once one is first;
 *   - a refresh token is rotated in one transaction: the old one is consumed, names its successor, and the new one is there.
 *     Within a short grace whoever shows the old one again gets that successor and no second one: an answer that was lost can
 *     be asked for again, and a thief and the rightful client hold the same token, whose next reuse gives one of them away.
 *
 * Ids of codes and tokens are the secrets themselves: rows are found by their hash.
 */
import { hash } from 'node:crypto';
import { fromUtf8, utf8 } from '../../../kernel/bytes.ts';
import { type Clock, SECOND } from '../../../kernel/clock.ts';
import type { Queries, Store, Tx } from '../../../store/store.ts';
import type { Vault } from '../../../vault/vault.ts';
import { endGrant, type GrantId, grantForCheck } from '../../entry/grant-table.ts';
import {
  type AppStateRow,
  appState,
  appStateByAlias,
  consumeAppState,
  deleteAppState,
  insertAppState,
  rotateAppState,
  touchAppState,
  updateAppState,
} from './app-state-table.ts';

export type AppPayload = Readonly<Record<string, unknown>>;

export interface FoundState {
  readonly payload: AppPayload;
  /** Milliseconds; undefined while it was not used. */
  readonly consumedAt: number | undefined;
  /** Of a refresh token that was rotated a moment ago: what it was rotated to. */
  readonly successor: string | undefined;
}

export interface NewState {
  readonly model: string;
  readonly id: string;
  readonly payload: AppPayload;
  /** Seconds. */
  readonly lifetime: number;
  readonly alias?: string | undefined;
}

export interface AppStates {
  find(model: string, id: string): Promise<FoundState | undefined>;
  findIn(q: Queries, model: string, id: string): Promise<FoundState | undefined>;
  findByAlias(model: string, alias: string): Promise<FoundState | undefined>;
  put(state: NewState): Promise<void>;
  /** False when there is one already. */
  putOnce(state: NewState): Promise<boolean>;
  /** False for all but the first. */
  consume(model: string, id: string): Promise<boolean>;
  /** Gives the token that the old one was rotated to: this one, or that of whoever was first; undefined when it is gone. */
  rotate(old: string, next: NewState): Promise<string | undefined>;
  remove(model: string, id: string): Promise<void>;
  endGrant(grant: string): Promise<void>;
  /** Notes that a grant was used now. */
  touch(grant: string): Promise<void>;
  /** In a transaction of the caller's. */
  putIn(tx: Tx, state: NewState): Promise<void>;
}

/** How long a rotated refresh token may be shown again: for an answer that never arrived, or two tabs at once. */
const REFRESH_GRACE = 10 * SECOND;
const REFRESH = 'RefreshToken';

export function keyOf(model: string, id: string): string {
  return `${model}:${hash('sha256', id, 'base64url')}`;
}

/** The alias of grants whose application is to be told when they end (app-endings.ts). */
export const TOLD = 'told';

const aliasOf = (model: string, alias: string) => `${model}:${hash('sha256', alias, 'base64url')}`;

export const TELL = aliasOf('Grant', TOLD);

/**
 * What is good while its grant is, and leads to a new judgement: whoever left a group keeps what they gave an application, as far as
 * policy still lets them. All else is good only for the person who they were when it was given out.
 */
const JUDGED_ANEW = new Set(['RefreshToken', 'Grant']);

async function isGrantLive(
  q: Queries,
  { model, grant_id }: AppStateRow,
  now: number,
): Promise<boolean> {
  if (grant_id === null) return true;
  const id = grant_id as GrantId; // Written by `rowOf` alone, from the id of a grant.
  const grant = await q.one(grantForCheck, { id });
  return (
    grant !== undefined &&
    grant.ended_at === null &&
    grant.session_ended_at === null &&
    grant.expires_at > now &&
    grant.status === 'active' &&
    (JUDGED_ANEW.has(model) || grant.epoch === grant.subject_epoch)
  );
}

export function createAppStates(deps: { store: Store; vault: Vault; clock: Clock }): AppStates {
  const { store, vault, clock } = deps;
  const box = () => vault.system('settings');
  const place = (column: string, row: string) => ({ table: 'oidc_state', column, row });
  const seal = (column: string, key: string, text: string) =>
    box().seal(place(column, key), utf8(text));
  const open = (column: string, key: string, sealed: Uint8Array) =>
    fromUtf8(box().open(place(column, key), sealed));

  function rowOf({ model, id, payload, lifetime, alias }: NewState) {
    const key = keyOf(model, id);
    const grant = payload.grantId;
    return {
      key,
      model,
      alias: alias === undefined ? null : aliasOf(model, alias),
      grant_id: typeof grant === 'string' ? grant : model === 'Grant' ? id : null,
      payload: seal('payload', key, JSON.stringify(payload)),
      expires_at: clock.now() + lifetime * SECOND,
    };
  }

  async function read(q: Queries, row: AppStateRow | undefined): Promise<FoundState | undefined> {
    const now = clock.now();
    if (row === undefined || row.expires_at <= now) return undefined;
    if (!(await isGrantLive(q, row, now))) return undefined;
    const { key, consumed_at: consumedAt, successor } = row;
    const graced =
      row.model === REFRESH &&
      consumedAt !== null &&
      successor !== null &&
      now < consumedAt + REFRESH_GRACE;
    return {
      payload: JSON.parse(open('payload', key, row.payload)) as AppPayload, // Written by `rowOf` alone.
      consumedAt: consumedAt === null || graced ? undefined : consumedAt,
      successor: graced ? open('successor', key, successor) : undefined,
    };
  }

  const findIn = async (q: Queries, model: string, id: string) =>
    read(q, await q.one(appState, { key: keyOf(model, id) }));

  async function putIn(tx: Tx, state: NewState): Promise<void> {
    const row = rowOf(state);
    if ((await tx.run(insertAppState, row)) === 0) await tx.run(updateAppState, row);
  }

  return {
    putIn,

    findIn,

    find: (model, id) => store.read((q) => findIn(q, model, id)),

    findByAlias: (model, alias) =>
      store.read(async (q) =>
        read(q, await q.one(appStateByAlias, { alias: aliasOf(model, alias) })),
      ),

    put: (state) => store.write((tx) => putIn(tx, state)),

    putOnce: (state) =>
      store.write(async (tx) => (await tx.run(insertAppState, rowOf(state))) === 1),

    consume: (model, id) =>
      store.write(
        async (tx) =>
          (await tx.run(consumeAppState, { key: keyOf(model, id), now: clock.now() })) === 1,
      ),

    rotate(old, next) {
      const key = keyOf(REFRESH, old);
      return store.write(async (tx) => {
        const successor = seal('successor', key, next.id);
        const first = await tx.run(rotateAppState, { key, now: clock.now(), successor });
        if (first === 1) {
          await putIn(tx, next);
          return next.id;
        }
        const row = await tx.one(appState, { key });
        return (await read(tx, row))?.successor;
      });
    },

    remove: (model, id) =>
      store.write(async (tx) => void (await tx.run(deleteAppState, { key: keyOf(model, id) }))),

    endGrant: (grant) =>
      store.write(async (tx) => {
        // Compared with ids of ours; another text ends nothing.
        await tx.run(endGrant, { id: grant as GrantId, now: clock.now() });
      }),

    touch: (grant) =>
      store.write(
        async (tx) =>
          void (await tx.run(touchAppState, { key: keyOf('Grant', grant), now: clock.now() })),
      ),
  };
}
