/** `sallyport network …`: who is at which network device. */
import type { Command } from 'commander';
import { withDesk } from '../desks/at-desk.ts';
import { tellBy, tellRefused } from '../remote/refused.ts';
import { countWords, momentOf } from '../terminal/amounts.ts';
import { act, type CommandContext } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import { examples } from '../terminal/help.ts';

const PAGE = 50;

export function register(program: Command, context: CommandContext): void {
  const network = program
    .command('network')
    .description('Who is at which network device, by RADIUS or TACACS+.');
  examples(
    network
      .command('list')
      .description('Show who is logged in at network devices and what joined there, newest first.')
      .option('--after <id>', 'Go on behind this one.')
      .action(act(context, (options: { readonly after?: string }) => list(context, options))),
    [{ run: './sallyport network list', says: 'Who is in, and where.' }],
  );
  examples(
    network
      .command('reauthorize')
      .description(
        'Judge a login again, as things are now: it goes on, goes on with something else, or ends.',
      )
      .argument('<id>', 'The id that network list shows.')
      .action(act(context, (id: string) => reauthorize(context, id))),
    [
      {
        run: './sallyport network reauthorize 01a2b3c4-0000-7000-8000-000000000000',
        says: 'Without a wait for the next round.',
      },
    ],
  );
  examples(
    network
      .command('end')
      .description('Put somebody out: the network device is asked to end it.')
      .argument('<id>', 'The id that network list shows.')
      .action(act(context, (id: string) => end(context, id))),
    [
      {
        run: './sallyport network end 01a2b3c4-0000-7000-8000-000000000000',
        says: 'That VPN ends now.',
      },
    ],
  );
}

function list(context: CommandContext, { after }: { readonly after?: string }): Promise<ExitCode> {
  return withDesk(context, async ({ logIns }) => {
    const output = context.output();
    const page = await logIns.list({ limit: PAGE, ...(after === undefined ? {} : { after }) });
    if (!page.ok) return tellRefused(output, page.error);
    const { items, next } = page.value;
    output.answer({
      says:
        items.length === 0
          ? 'Nobody is at a network device.'
          : `${countWords(items.length, 'login')}.`,
      table: {
        head: ['who', 'network device', 'for', 'door', 'since', 'until', 'id'],
        rows: items.map((one) => [
          one.name ?? one.subject,
          one.networkDevice.name,
          one.service,
          one.door,
          momentOf(one.startedAt),
          momentOf(one.until),
          one.id,
        ]),
      },
      ...(items.length === 0
        ? {
            next: './sallyport record search --type network.client-refused tells who asks in vain.',
          }
        : {}),
      ...(next === null ? {} : { next: `There are more: --after ${next}` }),
      data: { logins: items, next },
    });
    return EXIT.ok;
  });
}

const OUTCOMES = {
  same: 'It goes on as it was.',
  changed: 'It goes on with something else, and the network device is told.',
  ended: 'That is over.',
} as const;

function reauthorize(context: CommandContext, id: string): Promise<ExitCode> {
  return withDesk(context, async ({ logIns }) => {
    const output = context.output();
    const judged = await logIns.reauthorize(id);
    if (!judged.ok) return refused(output, judged.error);
    const { outcome } = judged.value;
    output.answer({
      says: OUTCOMES[outcome],
      ...(outcome === 'same'
        ? {}
        : {
            next: './sallyport record search --type login.told tells what the network device answered.',
          }),
      data: { outcome },
    });
    return EXIT.ok;
  });
}

function end(context: CommandContext, id: string): Promise<ExitCode> {
  return withDesk(context, async ({ logIns }) => {
    const output = context.output();
    const ended = await logIns.end(id);
    if (!ended.ok) return refused(output, ended.error);
    output.answer({ says: 'That is over.', data: { ended: 1 } });
    return EXIT.ok;
  });
}

const refused = tellBy({
  'not-found': () => ({
    what: 'Nobody is in at a network device with that id.',
    mend: './sallyport network list shows who is.',
  }),
});
