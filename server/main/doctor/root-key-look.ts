import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { RootKeySource } from '../../vault/root-key-source.ts';
import { readRootKeys } from '../../vault/root-key-source.ts';
import { keyStatus } from '../../vault/status.ts';
import { namedAt } from '../named-files.ts';
import { bad, type Finding, type Look, type LookContext, ok, warn } from './look.ts';
import { reachHouse } from './reach-house.ts';

/** Whether it can be read, is nobody else's to read, and opens what is in the database. */
export const lookAtRootKey: Look = {
  name: 'root key',
  needs: ['data', 'vault', 'database'],
  async look(context) {
    const { loaded, environment, random } = context;
    const { data, vault, database } = loaded.config;
    const source: RootKeySource = vault.rootKey ?? { kind: 'file', path: join(data, 'root.key') };
    const read = await readRootKeys(source, { random, environment });
    if (read.ok) {
      const shut = await whatItOpens(context);
      if (shut !== undefined) return shut;
      const beside = source.kind === 'file' && dirname(source.path) === data;
      if (beside && database !== 'sqlite') {
        return warn(
          `It is in ${data}, on this machine alone.`,
          'Other machines on the same database need the same key. Keep it in one place: vault.rootKey.',
        );
      }
      return ok(source.kind === 'file' ? `${source.path}, for its owner only.` : 'It can be read.');
    }
    const { reason, message } = read.error;
    const fresh = vault.rootKey === undefined && !existsSync(join(data, 'sallyport.db'));
    if (reason === 'missing' && fresh && database === 'sqlite') {
      return ok('It will be made at the first start.');
    }
    return bad(
      message,
      (reason === 'missing'
        ? 'Put it back from your copy. Without it nothing in the database can be opened.'
        : 'Mend that, and look again.') + namedAt(loaded, 'vault.rootKey'),
    );
  },
};

/** Undefined when nothing is wrong with it; a database that can't be asked is for another look to tell of. */
async function whatItOpens(context: LookContext): Promise<Finding | undefined> {
  const reached = await reachHouse(context, ({ store }) => store.read(keyStatus));
  if (reached.state === 'locked') {
    return bad(
      `It does not open this database: ${reached.why}.`,
      'Put back the key that this database was sealed under, or the database that belongs to this key (docs/keys.md).',
    );
  }
  if (reached.state === 'found' && reached.value.rotating) {
    return warn(
      'It opens the database; a rotation of the keys under it has begun and not ended.',
      'The next start goes on with it; so does ./sallyport key rotate.',
    );
  }
  return undefined;
}
