/** `sallyport token …`: tokens with which scripts use the API. docs/automation.md shows them at work. */

import type { Command } from 'commander';
import { MINUTE } from '../../kernel/clock.ts';
import { actionGroups, actionNames } from '../../policy/actions.ts';
import { withDesk } from '../desks/at-desk.ts';
import { personAt } from '../person/person-words.ts';
import { tellBy } from '../remote/refused.ts';
import { durationWords, momentOf } from '../terminal/amounts.ts';
import { act, type CommandContext } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import { examples } from '../terminal/help.ts';
import { didYouMean, durationTyped, formerly, misused } from '../terminal/typed.ts';

interface IssueOptions {
  readonly owner: string;
  readonly scope: string;
  readonly lifetime: string;
}

export function register(program: Command, context: CommandContext): void {
  const token = program.command('token').description('Tokens with which scripts use the API.');
  const issuing = token
    .command('issue')
    .description('Issue a token that may do what its scope says, as far as its owner may.')
    .requiredOption(
      '--owner <person>',
      'Whose token it is: name, mail address or id. What it does is on record as theirs.',
    )
    .requiredOption(
      '--scope <actions>',
      'What it may be used for: actions such as person.read, or groups of them such as operate, separated by commas.',
    )
    .option('--lifetime <time>', 'How long it is good, such as 15m or 8h; 24h at most.', '1h')
    .action(act(context, (options: IssueOptions) => issue(context, options)));
  formerly(issuing, '--for <person>', 'owner');
  formerly(issuing, '--ttl <time>', 'lifetime');
  examples(issuing, [
    {
      run: './sallyport token issue --owner admin --scope person.read --lifetime 15m',
      says: 'A quarter of an hour to read who there is.',
    },
    {
      run: 'token=$(./sallyport token issue --owner admin --scope operate --json | jq -r .token)',
      says: 'For a script: adding people, issuing passes, ending sessions.',
    },
  ]);
  examples(
    token
      .command('revoke')
      .description('Make a token worthless at once.')
      .argument('<id>', 'The id that was told when it was issued; session list shows it too.')
      .action(act(context, (id: string) => revoke(context, id))),
    [
      {
        run: './sallyport token revoke 019b8d62-efb0-7665-add8-049f726d5a00',
        says: 'It was seen in a log.',
      },
    ],
  );
}

function issue(context: CommandContext, options: IssueOptions): Promise<ExitCode> {
  const output = context.output();
  const lifetime = durationTyped('--lifetime', options.lifetime);
  if (!lifetime.ok) return Promise.resolve(misused(output, lifetime.error));
  const scope = options.scope.split(',').map((word) => word.trim());
  return withDesk(context, async ({ people, tokens }) => {
    const owner = await personAt(people, options.owner, output);
    const issued = await tokens.issue({ owner: owner.id, scope, lifetime: lifetime.value });
    if (!issued.ok) return refusedToken(options.owner)(output, issued.error);
    const { id, token, expiresAt } = issued.value;
    output.answer({
      says: `A token of ${options.owner}, good for ${scope.join(', ')} until ${momentOf(expiresAt)}. It is shown now and never again.\n\n  ${token}`,
      next: `Send it as \`Authorization: Bearer …\`. ./sallyport token revoke ${id} makes it worthless.`,
      data: { id, token, owner: owner.id, scope, expiresAt },
    });
    return EXIT.ok;
  });
}

const refusedToken = (who: string) =>
  tellBy({
    'not-found': () => ({
      what: `${who} can’t sign in now, so a token of theirs would be good for nothing.`,
      mend: 'Take someone who has set up their proofs and is not disabled.',
    }),
    'scope-unknown': ({ scope }) => {
      const hint = didYouMean(String(scope), [...actionGroups, ...actionNames]);
      return {
        what: `There is no action or group of actions ${scope}.${hint}`,
        mend: `The groups are ${actionGroups.join(', ')}; the actions ${actionNames.join(', ')}.`,
      };
    },
    'token-too-long-lived': ({ longestMinutes }) => ({
      what: `A token is good for ${durationWords(Number(longestMinutes) * MINUTE)} at the longest.`,
      mend: 'Issue a new one when it is over.',
    }),
  });

function revoke(context: CommandContext, text: string): Promise<ExitCode> {
  return withDesk(context, async ({ people }) => {
    const output = context.output();
    const revoked = await people.revokeSession(text);
    if (!revoked.ok) return notRevoked(text)(output, revoked.error);
    output.answer({ says: 'The token is worthless now.', data: { id: text } });
    return EXIT.ok;
  });
}

const notRevoked = (text: string) =>
  tellBy({
    'not-found': () => ({
      what: `There is no token ${text}, or it is worthless already.`,
      mend: './sallyport session list shows those that are good.',
    }),
  });
