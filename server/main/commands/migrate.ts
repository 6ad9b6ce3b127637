/** `sallyport migrate …`: the database's schema. `serve` brings it up to date by itself. */

import type { Command } from 'commander';
import type { Config } from '../../config/sections.ts';
import type { Store } from '../../store/store.ts';
import { countWords, momentWords } from '../terminal/amounts.ts';
import { act, type CommandContext, withConfig } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import { examples } from '../terminal/help.ts';

export function register(program: Command, context: CommandContext): void {
  const migrate = program.command('migrate').description('The database’s schema.');
  examples(
    migrate
      .command('status')
      .description('Show which migrations are applied.')
      .action(act(context, () => status(context))),
    [{ run: './sallyport migrate status', says: 'Before an upgrade.' }],
  );
  examples(
    migrate
      .command('up')
      .description('Apply those that are missing. `serve` does this too, when it starts.')
      .action(act(context, () => up(context))),
    [{ run: './sallyport migrate up', says: 'Ahead of the first start of a new version.' }],
  );
}

async function withStore(
  context: CommandContext,
  { existing }: { readonly existing: boolean },
  work: (store: Store, config: Config) => Promise<ExitCode>,
): Promise<ExitCode> {
  return withConfig(context, async ({ config }) => {
    const { openDatabase } = await import('../open-house.ts');
    const { environment } = context;
    const opened = await openDatabase({ config, environment, existing });
    if (!opened.ok) {
      const { what, mend, absent } = opened.error;
      context.output().problem({ what, mend: absent ? './sallyport serve begins one.' : mend });
      return absent ? EXIT.notFound : EXIT.unavailable;
    }
    try {
      return await work(opened.value.store, config);
    } finally {
      await opened.value.store.close();
    }
  });
}

function status(context: CommandContext): Promise<ExitCode> {
  return withStore(context, { existing: true }, async (store) => {
    const { migrationStatus } = await import('../../store/migrate.ts');
    const migrations = await migrationStatus(store);
    const missing = migrations.filter(({ appliedAt }) => appliedAt === undefined).length;
    const time = (at: number | undefined) => (at === undefined ? null : new Date(at).toISOString());
    context.output().answer({
      says:
        missing === 0
          ? 'The schema is up to date.'
          : `${countWords(missing, 'migration is', 'migrations are')} missing.`,
      table: {
        head: ['migration', 'state', 'applied'],
        rows: migrations.map(({ id, appliedAt }) => [
          id,
          appliedAt === undefined ? ['challenged', 'missing'] : ['granted', 'applied'],
          appliedAt === undefined ? '' : momentWords(appliedAt),
        ]),
      },
      ...(missing === 0 ? {} : { next: './sallyport migrate up applies them.' }),
      data: migrations.map(({ id, appliedAt }) => ({ id, appliedAt: time(appliedAt) })),
    });
    return EXIT.ok;
  });
}

function up(context: CommandContext): Promise<ExitCode> {
  return withStore(context, { existing: false }, async (store, config) => {
    const { servedByOlder } = await import('../open-house.ts');
    const older = await servedByOlder(config, store);
    if (older !== undefined) {
      context.output().problem(older);
      return EXIT.unavailable;
    }
    const { migrateUp } = await import('../../store/migrate.ts');
    const { systemClock } = await import('../../kernel/clock.ts');
    const applied = await migrateUp(store, systemClock());
    context.output().answer({
      says:
        applied.length === 0
          ? 'Nothing was missing.'
          : `${countWords(applied.length, 'migration was', 'migrations were')} applied: ${applied.join(', ')}.`,
      data: { applied },
    });
    return EXIT.ok;
  });
}
