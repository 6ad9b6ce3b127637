import { join } from 'node:path';
import { type Damage, damageOf } from '../../store/sqlite-damage.ts';
import type { Store } from '../../store/store.ts';
import { countWords } from '../terminal/amounts.ts';
import { FOREIGN_DATABASE } from '../terminal/fault-mends.ts';
import { bad, type Finding, type Look, ok, warn } from './look.ts';
import { reachDatabase } from './reach-database.ts';

export const lookAtDatabase: Look = {
  name: 'database',
  needs: ['data', 'database'],
  async look(context) {
    const { data, database } = context.loaded.config;
    // While it is open: what reads alone leaves a -wal behind where nobody else has the database open.
    const reached = await reachDatabase(context, async ({ dialect }) => found(dialect, data));
    switch (reached.state) {
      case 'absent':
        return ok('It will be made at the first start.');
      case 'unreachable':
        return bad(
          `It can’t be used: ${reached.why.replace(/\.$/, '')}.`,
          database === 'sqlite'
            ? 'Look at the data folder and its disk. A database that is damaged is put back from a backup (docs/backup.md).'
            : 'Check the setting `database`, and that the server runs and lets this account in.',
        );
      case 'foreign':
        return bad(`It can’t be used: ${reached.why}.`, FOREIGN_DATABASE);
      case 'behind':
        return warn(
          `${countWords(reached.missing, 'migration is', 'migrations are')} missing.`,
          'The next start applies them; so does ./sallyport migrate up.',
        );
      case 'found':
        return reached.value;
    }
  },
};

function found(dialect: Store['dialect'], folder: string): Finding {
  if (dialect === 'postgres') return ok('PostgreSQL, its schema up to date.');
  const file = join(folder, 'sallyport.db');
  return inWords(damageOf(file), file);
}

function inWords(damage: Damage, file: string): Finding {
  switch (damage.state) {
    case 'damaged':
      return bad(
        `It is damaged: ${damage.what.replace(/\s+/g, ' ').trim()}.`,
        'Stop the server, keep a copy of the data folder as it is, look at the disk, and put a backup in its place (docs/backup.md).',
      );
    case 'too-large':
      return ok(
        `SQLite, its schema up to date. It is too large to be read as a whole here; SQLite does: sqlite3 ${file} "PRAGMA quick_check"`,
      );
    case 'sound':
      return ok('SQLite, its schema up to date, and its pages are sound.');
  }
}
