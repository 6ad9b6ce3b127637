/** `sallyport pass …`: temporary passes, for people who have no proof yet, or none any more. */

import type { Command } from 'commander';
import { MINUTE } from '../../kernel/clock.ts';
import { ok, type Result } from '../../kernel/result.ts';
import { withPeople } from '../desks/at-desk.ts';
import type { PassTerms, ShownPerson } from '../desks/people-desk.ts';
import { personAt } from '../person/person-words.ts';
import { tellBy } from '../remote/refused.ts';
import { countWords, durationWords, momentOf } from '../terminal/amounts.ts';
import { act, type CommandContext } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import { examples } from '../terminal/help.ts';
import type { Problem } from '../terminal/output.ts';
import { durationTyped, formerly, gather, misused, usesTyped } from '../terminal/typed.ts';

interface IssueOptions {
  readonly lifetime?: string;
  readonly uses?: string;
  readonly network?: readonly string[];
}

export function register(program: Command, context: CommandContext): void {
  const pass = program
    .command('pass')
    .description('Temporary passes: good for enrolling proofs, and for nothing else.');
  const issuing = pass
    .command('issue')
    .description('Issue a pass, in place of any that the person had.')
    .argument('<person>', 'Name, mail address or id.')
    .option('--lifetime <time>', 'How long it is good, in whole minutes, such as 30m or 2d.')
    .option('--uses <number>', 'How often it can be used.')
    .option(
      '--network <network>',
      'A network that it can be used from, as often as needed.',
      gather,
    )
    .action(act(context, (typed: string, options: IssueOptions) => issue(context, typed, options)));
  formerly(issuing, '--for <time>', 'lifetime');
  examples(issuing, [
    { run: './sallyport pass issue ada', says: 'Ada lost her phone.' },
    {
      run: './sallyport pass issue ada --lifetime 30m --network 10.1.0.0/16',
      says: 'Half an hour, and from the plant alone.',
    },
  ]);
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
  const terms = termsTyped(options);
  if (!terms.ok) return Promise.resolve(misused(output, terms.error));
  return withPeople(context, async (desk) => {
    const person = await personAt(desk, typed, output);
    const issued = await desk.issuePass(person.id, terms.value);
    if (!issued.ok) return refusedPass(typed, person.status)(output, issued.error);
    const { code, uses, networks, link, expiresAt } = issued.value;
    output.answer({
      says: `A pass for ${typed}, good ${uses === 1 ? 'once' : `${uses} times`} until ${momentOf(expiresAt)}. It is shown now and never again.\n\n  ${code}\n\n  ${link}`,
      next: 'They open the link, or type the pass under “First time here?” on the page where people sign in.',
      data: { person: person.id, code, link, uses, networks, expiresAt },
    });
    return EXIT.ok;
  });
}

function termsTyped({ lifetime, uses, network }: IssueOptions): Result<PassTerms, Problem> {
  const lasts =
    lifetime === undefined
      ? ok(undefined)
      : durationTyped('--lifetime', lifetime, { minutes: true });
  if (!lasts.ok) return lasts;
  const times = uses === undefined ? ok(undefined) : usesTyped(uses);
  if (!times.ok) return times;
  return ok({
    purpose: 'pass',
    networks: network ?? [],
    ...(lasts.value === undefined ? {} : { lifetimeMinutes: lasts.value / MINUTE }),
    ...(times.value === undefined ? {} : { uses: times.value }),
  });
}

const refusedPass = (who: string, status: ShownPerson['status']) =>
  tellBy({
    'not-found': () => ({
      what: `${who} is ${status}, so a pass would be good for nothing.`,
      mend:
        status === 'disabled' ? `./sallyport person enable ${who} lets them in again.` : undefined,
    }),
    'pass-too-long-lived': ({ longestMinutes }) => ({
      what: `A pass is good for ${durationWords(Number(longestMinutes) * MINUTE)} at the longest.`,
    }),
    'pass-too-many-uses': ({ mostUses }) => ({
      what: `A pass can be used ${countWords(Number(mostUses), 'time')} at the most.`,
    }),
    'networks-malformed': ({ says }) => ({
      what: `That can’t be: ${says ?? 'one of the networks is none'}.`,
      mend: 'Write --network 192.0.2.0/24, or one address.',
    }),
  });

const hasNone = (who: string) => tellBy({ 'not-found': () => ({ what: `${who} has no pass.` }) });

function revoke(context: CommandContext, typed: string): Promise<ExitCode> {
  return withPeople(context, async (desk) => {
    const output = context.output();
    const person = await personAt(desk, typed, output);
    const revoked = await desk.revokePass(person.id);
    if (!revoked.ok) return hasNone(typed)(output, revoked.error);
    output.answer({ says: `The pass of ${typed} is worthless now.`, data: { person: person.id } });
    return EXIT.ok;
  });
}
