/** Every key that the house keeps wrapped, unwrapped, to be looked for: ring keys, data keys, the seed that signs the record. */
import { signingKeyRows } from '../../server/authority/signing-key-table.ts';
import { systemClock } from '../../server/kernel/clock.ts';
import { createIds } from '../../server/kernel/id.ts';
import { systemRandom } from '../../server/kernel/random.ts';
import { seedPlace } from '../../server/record/log.ts';
import { allLogs } from '../../server/record/log-table.ts';
import { openStore } from '../../server/store/open-store.ts';
import { tables } from '../../server/store/statement.ts';
import { dataKeyPlace } from '../../server/vault/data-keys.ts';
import { createRing, ringPlace } from '../../server/vault/ring.ts';
import { createRootKey } from '../../server/vault/root-key.ts';
import { openVault } from '../../server/vault/vault.ts';
import type { TestStore } from '../support/store.ts';
import type { Secret } from './byte-search.ts';

const t = tables<{
  vault_data_key: {
    owner: string;
    id: string;
    ring_version: number | null;
    wrapped: Uint8Array | null;
  };
}>();
const dataKeys = t.statement((db) => db.selectFrom('vault_data_key').selectAll());

export async function keysOfTheHouse(
  { database, folder }: Pick<TestStore, 'database' | 'folder'>,
  roots: readonly Secret[],
): Promise<Secret[]> {
  const random = systemRandom();
  const clock = systemClock();
  const ids = createIds(clock, random);
  const keys = roots.map(({ value }) => createRootKey(Uint8Array.from(Buffer.from(value)), random));
  const [first, ...others] = keys;
  if (first === undefined) throw new Error('there is no root key');
  const rootKeys = [first, ...others] as const;
  const store = await openStore({ database, folder });
  try {
    const ring = createRing({ random, ids, rootKeys });
    const vault = await openVault({ store, clock, random, ids, rootKeys });
    return await store.read(async (q) => {
      const secrets: Secret[] = [];
      const live = await ring.live(q);
      for (const { version, id, rootId, wrapped } of live) {
        const value = ring.root(rootId).box.open(ringPlace(version, id), wrapped);
        secrets.push({ name: 'ring key', value });
      }
      for (const { owner, id, ring_version: version, wrapped } of await q.all(dataKeys, {})) {
        const under = live.find((key) => key.version === version);
        if (wrapped === null || under === undefined) continue;
        secrets.push({ name: 'data key', value: under.box.open(dataKeyPlace(owner, id), wrapped) });
      }
      for (const { log, seed } of await q.all(allLogs, {})) {
        const value = vault.system('signing').open(seedPlace(log), seed);
        secrets.push({ name: 'signing seed', value });
      }
      for (const { kid, secret } of await q.all(signingKeyRows, {})) {
        if (secret === null) continue;
        const place = { table: 'signing_key', column: 'secret', row: kid };
        secrets.push({ name: 'token key', value: vault.system('signing').open(place, secret) });
      }
      return secrets;
    });
  } finally {
    await store.close();
  }
}
