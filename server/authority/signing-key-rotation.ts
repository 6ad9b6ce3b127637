/**
 * How the keys for tokens come and go: what is made, what retires when, and what is destroyed. Each step is written where it is, so
 * that any node may take the next one; of two that take the same one, one does.
 */
import { base64url } from '../kernel/bytes.ts';
import { type Clock, DAY, HOUR } from '../kernel/clock.ts';
import type { Random } from '../kernel/random.ts';
import type { By, Recorder } from '../record/record.ts';
import type { Store, Tx } from '../store/store.ts';
import type { Place, Vault } from '../vault/vault.ts';
import { makeKey, type NewKey, type SigningAlgorithm } from './signing-key.ts';
import { LONGEST_LIFE, stateAt } from './signing-key-life.ts';
import {
  destroySigningKey,
  endSigningKeys,
  insertSigningKey,
  retireSigningKey,
  type SigningKeyRow,
  signingKeyRows,
} from './signing-key-table.ts';

export interface PreparedRotation {
  readonly at: 'overlap' | 'once';
  readonly fresh: ReadonlyMap<SigningAlgorithm, NewKey>;
}

export interface SigningKeyRotation {
  /** The first key of each that has none. It signs at once: nobody holds a set of ours with an older one of it. */
  makeFirst(algs: readonly SigningAlgorithm[]): Promise<void>;
  prepare(at: PreparedRotation['at']): Promise<PreparedRotation>;
  /** Whether anything changed: not while the next key is published already and has not begun to sign. */
  rotate(tx: Tx, prepared: PreparedRotation, by: By): Promise<boolean>;
  /** Rotates what is old enough, and destroys what is gone. */
  keep(): Promise<void>;
}

/** For how long a key is published before it signs: six times as long as anyone may keep the set without it. */
const AHEAD = HOUR;
const LINGERS = LONGEST_LIFE + HOUR;
const ROTATE_EVERY = 90 * DAY;
/** RS256 is made when someone wants it, or by a server behind its start. */
export const MADE_AT_ONCE: readonly SigningAlgorithm[] = ['ES256', 'EdDSA'];

/** Where a key's secret is sealed. */
export const secretPlace = (kid: string): Place => ({
  table: 'signing_key',
  column: 'secret',
  row: kid,
});

export function createSigningKeyRotation(deps: {
  readonly store: Store;
  readonly vault: Pick<Vault, 'system'>;
  readonly record: Recorder;
  readonly clock: Clock;
  readonly random: Random;
}): SigningKeyRotation {
  const { store, vault, record, clock, random } = deps;

  /** False when another node made this version meanwhile. */
  async function insert(
    tx: Tx,
    alg: SigningAlgorithm,
    version: number,
    { pkcs8, publicJwk }: NewKey,
    signsFrom: number,
    by: By,
  ): Promise<boolean> {
    const kid = base64url(random.bytes(12));
    const inserted = await tx.run(insertSigningKey, {
      alg,
      version,
      kid,
      publicJwk: JSON.stringify(publicJwk),
      secret: vault.system('signing').seal(secretPlace(kid), pkcs8),
      now: clock.now(),
      signsFrom,
    });
    if (inserted !== 1) return false;
    const data = { purpose: purposeOf(alg), version };
    await record.append(tx, { type: 'key.created', outcome: 'done', ...by, data });
    return true;
  }

  async function rotateOne(
    tx: Tx,
    newest: SigningKeyRow,
    fresh: NewKey,
    at: PreparedRotation['at'],
    by: By,
  ): Promise<boolean> {
    const { alg } = newest;
    const now = clock.now();
    const version = newest.version + 1;
    if (at === 'overlap') {
      if (newest.signs_from > now) return false;
      const from = now + AHEAD;
      const retired = { alg, version: newest.version, until: from, gone: from + LINGERS };
      if ((await tx.run(retireSigningKey, retired)) !== 1) return false;
      if (!(await insert(tx, alg, version, fresh, from, by))) return false;
    } else {
      if (!(await insert(tx, alg, version, fresh, now, by))) return false;
      await tx.run(endSigningKeys, { alg, before: version, now });
    }
    const data = { purpose: purposeOf(alg), version, previous: newest.version };
    await record.append(tx, { type: 'key.rotated', outcome: 'done', ...by, data });
    return true;
  }

  async function destroy({ alg, version }: SigningKeyRow, now: number): Promise<void> {
    await store.write(async (tx) => {
      if ((await tx.run(destroySigningKey, { alg, version, now })) !== 1) return;
      const data = { purpose: purposeOf(alg), version };
      await record.append(tx, { type: 'key.destroyed', outcome: 'done', data });
    });
  }

  return {
    async makeFirst(algs) {
      for (const alg of algs) {
        const made = await makeKey(alg);
        await store.write(async (tx) => {
          if ((await tx.all(signingKeyRows, {})).some((row) => row.alg === alg)) return;
          await insert(tx, alg, 1, made, clock.now(), {});
        });
      }
    },

    async rotate(tx, { at, fresh }, by) {
      const rows = await tx.all(signingKeyRows, {});
      let changed = false;
      for (const [alg, key] of fresh) {
        const newest = rows.find((row) => row.alg === alg);
        const done = newest
          ? await rotateOne(tx, newest, key, at, by)
          : await insert(tx, alg, 1, key, clock.now(), by);
        changed ||= done;
      }
      return changed;
    },

    async keep() {
      const now = clock.now();
      const rows = await store.read((q) => q.all(signingKeyRows, {}));
      for (const row of rows) {
        if (row.secret !== null && stateAt(row, now) === 'gone') await destroy(row, now);
        if (row.signs_until === null && row.signs_from + ROTATE_EVERY <= now) {
          const fresh = await makeKey(row.alg);
          await store.write((tx) => rotateOne(tx, row, fresh, 'overlap', {}));
        }
      }
    },

    async prepare(at) {
      const rows = await store.read((q) => q.all(signingKeyRows, {}));
      const fresh = new Map<SigningAlgorithm, NewKey>();
      for (const alg of new Set([...MADE_AT_ONCE, ...rows.map((row) => row.alg)])) {
        fresh.set(alg, await makeKey(alg));
      }
      return { at, fresh };
    },
  };
}

/** As the record names them. */
const purposeOf = (alg: SigningAlgorithm) => `tokens (${alg})`;
