/** Run by vault.test.ts in several processes at once: opens the vault of a database and seals something. */
import { fromHex, hex } from '../../server/kernel/bytes.ts';
import { systemClock } from '../../server/kernel/clock.ts';
import { createIds } from '../../server/kernel/id.ts';
import { systemRandom } from '../../server/kernel/random.ts';
import { openStore } from '../../server/store/open-store.ts';
import { createRootKey } from '../../server/vault/root-key.ts';
import { openVault } from '../../server/vault/vault.ts';
import { PLACE, PLAIN } from './opened.ts';

const [folder = '', database = '', root = ''] = process.argv.slice(2);
const clock = systemClock();
const random = systemRandom();
const ids = createIds(clock, random);
const store = await openStore({ folder, database });
const rootKeys = [createRootKey(fromHex(root)!, random)] as const;
const vault = await openVault({ store, clock, random, ids, rootKeys });
const sealed = hex(vault.system('record').seal(PLACE, PLAIN));
const index = hex(vault.blindIndex('identifier', 'ada'));
console.log(JSON.stringify({ isNew: vault.isNew, sealed, index }));
await store.close();
