import { openHouse } from '../open-house.ts';
import { bad, type Look, ok, unknown } from './look.ts';
import { reachDatabase } from './reach-database.ts';

/** Whether the policies in force can be read and fit the schema: if not, everything is refused. */
export const lookAtPolicy: Look = {
  name: 'policy',
  async look(context) {
    const { loaded, environment } = context;
    const reached = await reachDatabase(context, async () => undefined);
    if (reached.state === 'absent') return ok('The policies that come with Sallyport.');
    if (reached.state !== 'found')
      return unknown('They can’t be read yet.', 'Mend the database first.');
    const opened = await openHouse({ config: loaded.config, environment, notice: () => {} });
    if (!opened.ok) return unknown(`They can’t be read: ${opened.error.what}.`, 'Mend that first.');
    const { house, close } = opened.value;
    try {
      const files = await house.store.read((q) => house.policies.files(q));
      if (!files.ok) {
        return bad(
          `They can’t be read: ${files.error}.`,
          'Everything is refused. Put the database back from a backup.',
        );
      }
      const { version } = files.value;
      const problems = await house.policies.check(files.value.files);
      const errors = problems.filter(({ severity }) => severity === 'error').length;
      if (errors > 0) {
        return bad(
          `Version ${version} has ${errors} errors, so everything is refused.`,
          './sallyport policy show > folder, mend them, and ./sallyport policy activate folder.',
        );
      }
      return ok(
        version === 0
          ? 'The policies that come with Sallyport.'
          : `Version ${version} is in force.`,
      );
    } finally {
      await close();
    }
  },
};
