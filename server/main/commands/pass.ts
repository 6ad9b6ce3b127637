/** `sallyport pass …`: temporary passes, for people who have no proof yet, or none any more. */

import type { Command } from 'commander';
import { MINUTE } from '../../kernel/clock.ts';
import { parseDuration } from '../../kernel/setting.ts';
import { withPeople } from '../desks/at-desk.ts';
import { personAt } from '../person-problems.ts';
import type { Refused } from '../remote/connection.ts';
import { tellRefused } from '../remote/refused.ts';
import { countWords, durationWords, momentWords } from '../terminal/amounts.ts';
import { act, type CommandContext } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import { examples } from '../terminal/help.ts';
import { gather } from '../terminal/typed.ts';

interface IssueOptions {
  readonly for?: string;
  readonly uses?: string;
  readonly network?: readonly string[];
}

export function register(program: Command, context: CommandContext): void {
  const pass = program
    .command('pass')
    .description('Temporary passes: good for enrolling proofs, and for nothing else.');
  examples(
    pass
      .command('issue')
      .description('Issue a pass, in place of any that the person had.')
      .argument('<person>', 'Name, mail address or id.')
      .option('--for <duration>', 'How long it is good, such as 30m or 2d.')
      .option('--uses <number>', 'How often it can be used.')
      .option(
        '--network <network>',
        'A network that it can be used from, as often as needed.',
        gather,
      )
      .action(
        act(context, (typed: string, options: IssueOptions) => issue(context, typed, options)),
      ),
    [
      { run: './sallyport pass issue ada', says: 'Ada lost her phone.' },
      {
        run: './sallyport pass issue ada --for 30m --network 10.1.0.0/16',
        says: 'Half an hour, and from the plant alone.',
      },
    ],
  );
  examples(
    pass
      .command('revoke')
      .description('Make a person’s pass worthless.')
      .argument('<person>', 'Name, mail address or id.')
      .action(act(context, (typed: string) => revoke(context, typed))),
    [{ run: './sallyport pass revoke ada', says: 'It went to the wrong address.' }],
  );
}

function issue(context: CommandContext, typed: string, options: IssueOptions): Promise<ExitCode> {
  const output = context.output();
  const lifetime = options.for === undefined ? undefined : parseDuration(options.for);
  if (options.for !== undefined && lifetime === undefined) {
    output.problem({ what: '--for is a duration, such as 30m, 12h or 2d.' });
    return Promise.resolve(EXIT.usage);
  }
  return withPeople(context, async (desk) => {
    const person = await personAt(desk, typed, output);
    if (person.status === 'disabled') {
      output.problem({
        what: `${typed} is disabled, so a pass would be good for nothing.`,
        mend: `./sallyport person enable ${typed} lets them in again.`,
        data: { code: 'person-disabled' },
      });
      return EXIT.failed;
    }
    const issued = await desk.issuePass(person.id, {
      purpose: 'pass',
      networks: options.network ?? [],
      ...(lifetime === undefined ? {} : { lifetimeMinutes: Math.ceil(lifetime / MINUTE) }),
      ...(options.uses === undefined ? {} : { uses: Number(options.uses) }),
    });
    if (!issued.ok) {
      const { code, members } = issued.error;
      const what = whyNot(issued.error);
      if (what === undefined) return tellRefused(output, issued.error);
      output.problem({ what, data: { code, ...members } });
      return code === 'not-found' ? EXIT.failed : EXIT.usage;
    }
    const { code, uses, networks, link, expiresAt } = issued.value;
    output.answer({
      says: `A pass for ${typed}, good ${uses === 1 ? 'once' : `${uses} times`} until ${momentWords(Date.parse(expiresAt))}. It is shown now and never again.\n\n  ${code}\n\n  ${link}`,
      next: 'They type the pass on the sign-in page, or open the link.',
      data: { person: person.id, code, link, uses, networks, expiresAt },
    });
    return EXIT.ok;
  });
}

function whyNot({ code, members }: Refused): string | undefined {
  switch (code) {
    case 'not-found':
      return 'This person is disabled or erased, so a pass would be good for nothing.';
    case 'pass-too-long-lived':
      return `A pass is good for ${durationWords(Number(members.longestMinutes) * MINUTE)} at the longest.`;
    case 'pass-too-many-uses':
      return `A pass can be used ${countWords(Number(members.mostUses), 'time')} at the most.`;
    case 'networks-malformed':
      return `That can't be: ${members.says ?? 'one of the networks is none'}.`;
    default:
      return undefined;
  }
}

function revoke(context: CommandContext, typed: string): Promise<ExitCode> {
  return withPeople(context, async (desk) => {
    const output = context.output();
    const person = await personAt(desk, typed, output);
    const revoked = await desk.revokePass(person.id);
    if (!revoked.ok && revoked.error.code !== 'not-found')
      return tellRefused(output, revoked.error);
    if (!revoked.ok) {
      output.problem({ what: `${typed} has no pass.` });
      return EXIT.notFound;
    }
    output.answer({ says: `The pass of ${typed} is worthless now.`, data: { person: person.id } });
    return EXIT.ok;
  });
}
