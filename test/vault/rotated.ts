/** A vault with people and sealed values in it, to be rotated, and what must hold of it afterwards. */
import assert from 'node:assert/strict';
import type { PersonId } from '../../server/kernel/id.ts';
import { tables } from '../../server/store/statement.ts';
import type { VaultKeeper } from '../../server/vault/vault.ts';
import { PLACE, PLAIN, type VaultTest, vaultTest } from './opened.ts';

const t = tables<{
  vault_ring_secret: { version: number; root_id: string };
  vault_data_key: { owner: string; ring_version: number | null; wrapped: Uint8Array | null };
}>();
export const dataKeys = t.statement((db) =>
  db.selectFrom('vault_data_key').selectAll().orderBy('owner'),
);
const secrets = t.statement((db) => db.selectFrom('vault_ring_secret').selectAll());
export const setDataKey = t.statement((db, p: { owner: string; wrapped: Uint8Array }) =>
  db.updateTable('vault_data_key').set({ wrapped: p.wrapped }).where('owner', '=', p.owner),
);

export const LEASE_TIME = 30_000;

export interface Person {
  id: PersonId;
  sealed: Uint8Array;
}

export interface Rotated {
  readonly test: VaultTest;
  readonly vault: VaultKeeper;
  /** Who is there, to be changed by a test that makes or erases some. */
  readonly people: Person[];
  /** Everything sealed before still opens, for a node that starts now. */
  allOpens(): Promise<VaultKeeper>;
  /** One ring key is left, the primary, and everything is under it. */
  isComplete(version: number): Promise<void>;
}

export async function openRotated(): Promise<Rotated> {
  const test = await vaultTest();
  const vault = await test.open();
  const people: Person[] = [];
  for (let i = 0; i < 6; i++) people.push(await test.person(vault));
  const house = vault.system('signing').seal(PLACE, PLAIN);
  const index = vault.blindIndex('identifier', 'ada');
  test.events.length = 0;

  return {
    test,
    vault,
    people,
    async allOpens() {
      const fresh = await test.open();
      assert.deepEqual(fresh.system('signing').open(PLACE, house), PLAIN);
      assert.deepEqual(fresh.blindIndex('identifier', 'ada'), index);
      for (const { id, sealed } of people) {
        const box = await test.store.read((q) => fresh.subject(q, id));
        assert.deepEqual(box?.open(PLACE, sealed), PLAIN);
      }
      return fresh;
    },
    async isComplete(version) {
      const { ring, rotating } = await test.store.read(vault.status);
      assert.equal(rotating, false);
      const [primary, ...others] = ring;
      assert.equal(primary?.version, version);
      assert.equal(primary?.state, 'primary');
      for (const old of others) assert.equal(old.state, 'destroyed');
      const left = await test.store.read((q) => q.all(secrets, {}));
      assert.deepEqual(
        left.map((row) => row.version),
        [version],
      );
      for (const row of await test.store.read((q) => q.all(dataKeys, {}))) {
        assert.equal(row.ring_version, row.wrapped === null ? null : version);
      }
    },
  };
}
