/** `sallyport approval …`: what waits for people's answers on their own pages. */
import type { Command } from 'commander';
import { withDesk } from '../desks/at-desk.ts';
import { tellBy, tellRefused } from '../remote/refused.ts';
import { countWords, momentOf } from '../terminal/amounts.ts';
import { act, type CommandContext } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import { examples } from '../terminal/help.ts';

const PAGE = 50;

export function register(program: Command, context: CommandContext): void {
  const approval = program
    .command('approval')
    .description(
      'What waits for people’s answers: logins at network devices, requests of applications.',
    );
  examples(
    approval
      .command('list')
      .description('Show what waits, for whom and until when, newest first.')
      .option('--after <id>', 'Go on behind this one.')
      .action(act(context, (options: { readonly after?: string }) => list(context, options))),
    [
      {
        run: './sallyport approval list',
        says: 'Answering is for each person, on their own page.',
      },
    ],
  );
  examples(
    approval
      .command('cancel')
      .description('Refuse what waits: nobody is let in by it.')
      .argument('<id>', 'The id that approval list shows.')
      .action(act(context, (id: string) => cancel(context, id))),
    [
      {
        run: './sallyport approval cancel 01a2b3c4-0000-7000-8000-000000000000',
        says: 'Somebody else began it.',
      },
    ],
  );
}

const KINDS = { login: 'login', request: 'request of an application' } as const;

function list(context: CommandContext, { after }: { readonly after?: string }): Promise<ExitCode> {
  return withDesk(context, async ({ approvals }) => {
    const output = context.output();
    const page = await approvals.list({ limit: PAGE, ...(after === undefined ? {} : { after }) });
    if (!page.ok) return tellRefused(output, page.error);
    const { items, next } = page.value;
    output.answer({
      says:
        items.length === 0
          ? 'Nothing waits for anybody’s answer.'
          : `${countWords(items.length, 'approval')} ${items.length === 1 ? 'waits' : 'wait'}.`,
      table: {
        head: ['who', 'what', 'asked by', 'for', 'since', 'until', 'id'],
        rows: items.map((one) => [
          one.name ?? one.person,
          KINDS[one.kind],
          one.askedBy.name,
          one.service ?? '',
          momentOf(one.askedAt),
          momentOf(one.until),
          one.id,
        ]),
      },
      ...(items.length === 0
        ? {
            next: 'Logins at network devices and requests of applications stand here for the minutes in which somebody can answer them.',
          }
        : next === null
          ? {}
          : { next: `There are more: --after ${next}` }),
      data: { approvals: items, next },
    });
    return EXIT.ok;
  });
}

function cancel(context: CommandContext, id: string): Promise<ExitCode> {
  return withDesk(context, async ({ approvals }) => {
    const output = context.output();
    const cancelled = await approvals.cancel(id);
    if (!cancelled.ok) return refused(output, cancelled.error);
    output.answer({ says: 'That is refused.', data: { cancelled: 1 } });
    return EXIT.ok;
  });
}

const refused = tellBy({
  'not-found': () => ({
    what: 'Nothing with that id waits for an answer. It may be over.',
    mend: './sallyport approval list shows what waits.',
  }),
});
