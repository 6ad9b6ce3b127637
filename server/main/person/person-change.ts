/** `sallyport person change`: what is known of a person, and what they are. */
import { roles as ROLES, Role } from '@sallyport/contract/people.ts';
import type { Command } from 'commander';
import { withPeople } from '../desks/at-desk.ts';
import { act, type CommandContext } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import { examples } from '../terminal/help.ts';
import { rolesWords } from '../terminal/roles-words.ts';
import { groupProblem, misused, NOTHING_TO_CHANGE, noSuch } from '../terminal/typed.ts';
import { nameProblemOf, notChanged, personAt } from './person-words.ts';

interface ChangeOptions {
  readonly identifier?: string;
  readonly name?: string;
  /** False where they are to have none. */
  readonly mail?: string | false;
  readonly role?: readonly string[] | false;
  readonly group?: readonly string[] | false;
}

/** As often as needed; what `--no-…` took away before is begun anew. */
const gatherAnew = (value: string, before: readonly string[] | false = []) => [
  ...(before || []),
  value,
];

export function registerChange(group: Command, context: CommandContext): void {
  examples(
    group
      .command('change')
      .description('Change a person. What is not named stays; a list is given whole.')
      .argument('<person>', 'Name, mail address or id.')
      .option('--identifier <identifier>', 'What they sign in with from now on.')
      .option('--name <text>', 'Their name, as people say it.')
      .option('--mail <address>', 'Another mail address.')
      .option('--no-mail', 'No mail address any more.')
      .option(
        '--role <role>',
        `A role, of all that they are to have: ${ROLES.join(', ')}.`,
        gatherAnew,
      )
      .option('--no-role', 'No role any more.')
      .option('--group <group>', 'A group, of all that they are to be in.', gatherAnew)
      .option('--no-group', 'In no group any more.')
      .action(
        act(context, (typed: string, options: ChangeOptions) => change(context, typed, options)),
      ),
    [
      {
        run: './sallyport person change ada --group staff --group engineers',
        says: 'She is in these two, and in no other.',
      },
      {
        run: './sallyport person change grace --role administrator',
        says: 'She signs in anew: a role that is given ends all sessions.',
      },
    ],
  );
}

async function change(
  context: CommandContext,
  typed: string,
  options: ChangeOptions,
): Promise<ExitCode> {
  const output = context.output();
  if (Object.keys(options).length === 0) return misused(output, NOTHING_TO_CHANGE);
  const { identifier, name, mail } = options;
  const roles = options.role === false ? [] : options.role;
  const groups = options.group === false ? [] : options.group;
  const unknown = roles?.find((role) => !Role.safeParse(role).success);
  if (unknown !== undefined) return misused(output, noSuch('role', unknown, ROLES));
  const wrong = (await nameProblemOf(name)) ?? (await groupProblem(groups ?? []));
  if (wrong !== undefined) return misused(output, wrong);
  return withPeople(context, async (desk) => {
    const person = await personAt(desk, typed, output);
    const changed = await desk.change(person.id, {
      ...(identifier === undefined ? {} : { identifier }),
      ...(name === undefined ? {} : { displayName: name }),
      ...(mail === undefined ? {} : { email: mail === false ? null : mail }),
      ...(roles === undefined ? {} : { roles: roles.map((role) => Role.parse(role)) }),
      ...(groups === undefined ? {} : { groups }),
    });
    if (!changed.ok) return notChanged(output, changed.error);
    const now = changed.value;
    const list = (words: readonly string[], none: string) => words.join(', ') || none;
    output.answer({
      says: `${now.identifier ?? typed} is changed: ${now.displayName ?? ''}, ${now.email ?? 'without a mail address'}, ${rolesWords(now.roles)}, in ${list(now.groups, 'no group')}.`,
      data: now,
    });
    return EXIT.ok;
  });
}
