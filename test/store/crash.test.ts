import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { systemClock } from '../../server/kernel/clock.ts';
import { migrateUp } from '../../server/store/migrate.ts';
import { openStore } from '../../server/store/open-store.ts';
import { openEmptyStore } from '../support/store.ts';
import { createScratch, ids } from './scratch-table.ts';

const ROUNDS = process.env.SLOW ? 100 : 6;

describe('a server that is killed', () => {
  it('has lost nothing that it acknowledged, and left nothing half done', async () => {
    const test = await openEmptyStore();
    await createScratch(test.store);
    // Nobody else may have the database open: the next to open it is the one that recovers it.
    await test.store.close();
    const { database, folder } = test;
    const acknowledged = new Set<string>();
    for (let round = 0; round < ROUNDS; round++) {
      // At once, and after more and more: other rounds meet other moments.
      for (const pair of await runUntilKilled(database, folder, round, 1 + round * 97)) {
        acknowledged.add(pair);
      }
      const store = await openStore({ database, folder });
      const rows = new Set(await store.read(ids));
      for (const pair of acknowledged) assert.ok(rows.has(`${pair}a`), `${pair} was acknowledged`);
      for (const row of rows) {
        const other = row.slice(0, -1) + (row.endsWith('a') ? 'b' : 'a');
        assert.ok(rows.has(other), `${row} stands without its other half`);
      }
      await migrateUp(store, systemClock());
      await store.close();
    }
    assert.ok(acknowledged.size > 100);
    await test.close();
  });
});

async function runUntilKilled(
  database: string,
  folder: string,
  round: number,
  enough: number,
): Promise<string[]> {
  const script = new URL('./write-until-killed.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [script, database, folder, String(round)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let heard = '';
  child.stdout.on('data', (bytes: Buffer) => {
    heard += bytes.toString();
    if (heard.split('\n').length > enough) child.kill('SIGKILL');
  });
  const [, signal] = await once(child, 'close');
  assert.equal(signal, 'SIGKILL');
  // A line that was cut is no acknowledgement.
  return heard.split('\n').slice(0, -1);
}
