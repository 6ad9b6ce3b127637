/** `sallyport record …`: reading the record, verifying it, and proving it to others. docs/record.md tells what it is. */
import { type Command, InvalidArgumentError } from 'commander';
import type { VerifyCommandOptions } from '../record/check-record.ts';
import type { SearchOptions, TailOptions } from '../record/read-record.ts';
import { act, type CommandContext } from '../terminal/command-context.ts';
import { examples } from '../terminal/help.ts';
import { formerly } from '../terminal/typed.ts';

const more = (value: string, before: readonly string[] | undefined) => {
  if (value === '') throw new InvalidArgumentError('It is empty.');
  return [...(before ?? []), value];
};
const PERSONAL =
  'Open what is personal: addresses, names. That you did is put on record, with your name on this machine.';

export function register(program: Command, context: CommandContext): void {
  const record = program
    .command('record')
    .description('What happened, in an order that nobody can change unseen.');
  const reading = () => import('../record/read-record.ts');
  const checking = () => import('../record/check-record.ts');

  const tail = record.command('tail');
  formerly(tail, '--limit <number>', 'lines');
  examples(
    tail
      .description('Show the newest events, and with --follow those to come.')
      .option('-n, --lines <number>', 'How many of the newest.', '20')
      .option('-f, --follow', 'Go on until Ctrl-C.')
      .option('--personal', PERSONAL)
      .action(
        act(context, async (options: TailOptions) =>
          (await reading()).tailRecord(context, options),
        ),
      ),
    [
      { run: './sallyport record tail --follow', says: 'Watch who comes in, and who does not.' },
      { run: './sallyport record tail -f --json', says: 'One JSON value a line, for a script.' },
    ],
  );
  const search = record.command('search');
  formerly(search, '--lines <number>', 'limit');
  examples(
    search
      .description('Find events by whom they are about, who did them, type, outcome and time.')
      .option('--subject <name>', 'About this subject: name, mail address or id.')
      .option('--actor <name>', 'Done by this subject to another: name, mail address or id.')
      .option(
        '--type <type>',
        'Of this type; may be repeated. docs/events.md lists the types.',
        more,
      )
      .option('--outcome <outcome>', 'granted, challenged, refused, done or failed.')
      .option('--since <time>', 'From this time on: 2026-01-31, 2026-01-31T09:00Z, or 2h ago.')
      .option('--until <time>', 'Before this time.')
      .option('-n, --limit <number>', 'At most so many.', '50')
      .option('--cursor <id>', 'Go on behind this event: the last of the page before.')
      .option('--oldest-first', 'The oldest first, instead of the newest.')
      .option('--personal', PERSONAL)
      .action(
        act(context, async (options: SearchOptions) =>
          (await reading()).searchRecord(context, options),
        ),
      ),
    [
      {
        run: './sallyport record search --type signin.refused --since 1h',
        says: 'Who was refused in the last hour.',
      },
      {
        run: './sallyport record search --subject ada --personal',
        says: 'What one person did, and from where.',
      },
    ],
  );
  examples(
    record
      .command('verify')
      .description('Verify every event, and name the first thing that is wrong. Writes nothing.')
      .option(
        '--checkpoint <file>',
        'A checkpoint that you kept elsewhere: nothing before it may have changed. May be repeated.',
        more,
      )
      .option(
        '--key <key>',
        'The public key that you know, or a file with it. May be repeated.',
        more,
      )
      .option('--folder <folder>', 'An exported record, instead of the database.')
      .action(
        act(context, async (options: VerifyCommandOptions) =>
          (await checking()).verifyCommand(context, options),
        ),
      ),
    [
      { run: './sallyport record verify', says: 'Is every event as it was written?' },
      {
        run: './sallyport record verify --checkpoint /mnt/usb/checkpoint',
        says: 'And was nothing cut off or written anew since that checkpoint was copied?',
      },
      {
        run: './sallyport record verify --folder export --key record.key',
        says: 'On the auditor’s machine, with the key that the auditor has.',
      },
    ],
  );
  examples(
    record
      .command('prove')
      .argument('<id>', 'The event.')
      .description(
        'Write a proof that an event stands in the log, for others to check by themselves.',
      )
      .option('--out <file>', 'Where to; by default ID.tlog-proof in this folder.')
      .action(
        act(context, async (id: string, options: { out?: string }) =>
          (await checking()).proveCommand(context, id, options),
        ),
      ),
    [
      {
        run: './sallyport record prove 0199e1c2-8f00-7abc-8def-0123456789ab',
        says: 'Then: node docs/verify-inclusion.mjs FILE KEY, on any machine.',
      },
    ],
  );
  examples(
    record
      .command('export')
      .argument('<folder>', 'Where to. One that was begun, or is of yesterday, goes on.')
      .description('Write the record as files that public tools read (C2SP tlog-tiles).')
      .action(
        act(context, async (folder: string) => (await checking()).exportCommand(context, folder)),
      ),
    [
      {
        run: './sallyport record export /mnt/backup/record',
        says: 'Repeat it to add what is new.',
      },
    ],
  );
}
