import { countWords } from '../terminal/amounts.ts';
import { FOREIGN_DATABASE } from '../terminal/fault-mends.ts';
import { bad, type Look, ok, warn } from './look.ts';
import { reachDatabase } from './reach-database.ts';

export const lookAtDatabase: Look = {
  name: 'database',
  needs: ['data', 'database'],
  async look(context) {
    const reached = await reachDatabase(context, async ({ dialect }) => dialect);
    switch (reached.state) {
      case 'absent':
        return ok('It will be made at the first start.');
      case 'unreachable':
        return bad(
          `It can’t be used: ${reached.why}.`,
          context.loaded.config.database === 'sqlite'
            ? 'Look at the data folder and its disk. A database that is damaged is put back from a backup.'
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
        return ok(
          `${reached.value === 'sqlite' ? 'SQLite' : 'PostgreSQL'}, its schema up to date.`,
        );
    }
  },
};
