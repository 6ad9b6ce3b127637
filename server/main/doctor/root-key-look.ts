import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { RootKeySource } from '../../vault/root-key-source.ts';
import { readRootKeys } from '../../vault/root-key-source.ts';
import { bad, type Look, ok, warn } from './look.ts';

export const lookAtRootKey: Look = {
  name: 'root key',
  async look({ loaded, environment, random }) {
    const { data, vault, database } = loaded.config;
    const source: RootKeySource = vault.rootKey ?? { kind: 'file', path: join(data, 'root.key') };
    const read = await readRootKeys(source, { random, environment });
    if (read.ok) {
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
      `${message.charAt(0).toUpperCase()}${message.slice(1)}.`,
      reason === 'missing'
        ? 'Put it back from your copy. Without it nothing in the database can be opened.'
        : 'Mend that, and look again.',
    );
  },
};
