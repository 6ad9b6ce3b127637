/** `sallyport person company-token`: what somebody is called at the upstream RADIUS server (docs/radius.md). */
import { UpstreamAccount } from '@sallyport/contract/api/company-tokens.ts';
import type { Command } from 'commander';
import { withDesk } from '../desks/at-desk.ts';
import { tellBy } from '../remote/refused.ts';
import { act, type CommandContext } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import { examples } from '../terminal/help.ts';
import { misused } from '../terminal/typed.ts';
import { personAt } from './person-words.ts';

export function registerCompanyToken(group: Command, context: CommandContext): void {
  examples(
    group
      .command('company-token')
      .description(
        'Have the codes of somebody’s company token be a proof of theirs. They can do it themselves where they are called the same there.',
      )
      .argument('<person>', 'Name, mail address or id.')
      .argument('<account>', 'What they are called at the upstream server.')
      .action(act(context, (typed: string, account: string) => assign(context, typed, account))),
    [
      {
        run: './sallyport person company-token ada a.lovelace',
        says: 'Her token is known there by another name.',
      },
    ],
  );
}

async function assign(context: CommandContext, typed: string, account: string): Promise<ExitCode> {
  const output = context.output();
  if (!UpstreamAccount.safeParse(account).success) {
    return misused(output, {
      what: 'A name at an upstream server has 1 to 128 characters, in one line.',
    });
  }
  return withDesk(context, async ({ people, companyTokens }) => {
    const person = await personAt(people, typed, output);
    const done = await companyTokens.assign(person.id, account.trim());
    if (!done.ok) return refused(output, done.error);
    output.answer({
      says: `The codes of ${account.trim()} are a proof of ${person.identifier} from now on.`,
      next: 'Sallyport asks for one where policies want a second kind of proof.',
      data: { person: person.id, proof: done.value.id },
    });
    return EXIT.ok;
  });
}

const refused = tellBy({
  'not-found': () => ({
    what: 'There is no such person.',
    mend: './sallyport person list shows everyone.',
  }),
  'company-token-refused': () => ({
    what: 'No upstream server is configured, or the name can’t be one there. Nothing was changed.',
    mend: 'proofs.upstream in sallyport.yaml names it: docs/radius.md.',
  }),
});
