/** A process of its own that writes pairs of rows, sixteen at a time, and names each pair on its output once it is durable. */
import { writeSync } from 'node:fs';
import { openStore } from '../../server/store/open-store.ts';
import { put } from './scratch-table.ts';

const [database, folder, round] = process.argv.slice(2) as [string, string, string]; // As the test calls it.
const store = await openStore({ database, folder });
let next = 0;

async function write(): Promise<never> {
  for (;;) {
    next += 1;
    const pair = `${round}.${next}`;
    await store.write(async (tx) => {
      await put(tx, `${pair}a`);
      await put(tx, `${pair}b`);
    });
    // Waits for the pipe: what was said can be heard even if this process ends now.
    writeSync(1, `${pair}\n`);
  }
}

await Promise.all(Array.from({ length: 16 }, write));
