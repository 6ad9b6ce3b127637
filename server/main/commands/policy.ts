/** `sallyport policy …`: the policies that the gate judges by. docs/policy.md tells how they are written. */

import { trialDefaults } from '@sallyport/contract/trials.ts';
import { type Command, InvalidArgumentError } from 'commander';
import { withDesk } from '../desks/at-desk.ts';
import { type CheckOptions, checkPolicies } from '../policy/policy-check.ts';
import { readFolder, writeFolder } from '../policy/policy-folder.ts';
import { noAddressIn, type SimulateOptions, simulate } from '../policy/policy-simulate.ts';
import {
  explainedRows,
  problemsIn,
  problemsSentence,
  problemTable,
} from '../policy/policy-words.ts';
import { tellBy, tellRefused } from '../remote/refused.ts';
import { countWords, momentOf } from '../terminal/amounts.ts';
import { act, type CommandContext, withConfig } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import { examples } from '../terminal/help.ts';
import type { Output } from '../terminal/output.ts';
import { misused } from '../terminal/typed.ts';

export function register(program: Command, context: CommandContext): void {
  const policy = program.command('policy').description('The policies that the gate judges by.');
  examples(
    policy
      .command('check [folder]')
      .description('Tell all that is wrong with the policies in a folder, and where.')
      .option('--from <address...>', 'From where administrators come, if not from this computer.')
      .option('--strict', 'Fail on warnings too.')
      .action(
        act(context, (folder: string | undefined, options: CheckOptions) =>
          withFolder(context, folder, (named) => checkPolicies(context, named, options)),
        ),
      ),
    [
      {
        run: './sallyport policy check policies',
        says: 'Before a commit; the exit code is 1 when there is an error. Left out, it is the folder of policy.folder.',
      },
      {
        run: './sallyport policy check policies --strict',
        says: 'In a pipeline: 1 also for a warning, such as that activating it would be refused.',
      },
    ],
  );
  examples(
    policy
      .command('activate [folder]')
      .description('Check the policies in a folder and put them in force, in place of all others.')
      .option('--expect <version>', 'Only if this version is still in force.', whole)
      .option('--from <address...>', 'From where administrators come, if not from this computer.')
      .action(
        act(context, (folder: string | undefined, options: ActivateOptions) =>
          withFolder(context, folder, (named) => activate(context, named, options)),
        ),
      ),
    [
      {
        run: './sallyport policy activate policies',
        says: 'In force on every server from that moment. Refused when it would lock out every administrator.',
      },
      {
        run: './sallyport policy activate policies --expect 7',
        says: 'From a pipeline: not when someone activated others meanwhile.',
      },
    ],
  );
  examples(
    policy
      .command('show')
      .description('Show the policies in force.')
      .option('--to <folder>', 'Write their files into a folder.')
      .option('--history', 'Show the versions that were activated instead.')
      .action(
        act(context, ({ to, history }: { to?: string; history?: true }) =>
          history ? showHistory(context) : show(context, to),
        ),
      ),
    [
      { run: './sallyport policy show', says: 'Each policy with its reason.' },
      {
        run: './sallyport policy show --to policies',
        says: 'Begin a folder of your own, to be kept under version control.',
      },
    ],
  );
  examples(
    policy
      .command('explain <id...>')
      .description('Tell what a policy says and why, by the name that a decision gives.')
      .action(act(context, (ids: string[]) => explain(context, ids))),
    [
      {
        run: './sallyport policy explain two-kinds',
        says: 'What stands behind a refusal in the record.',
      },
    ],
  );
  examples(
    policy
      .command('simulate')
      .description('Tell what would happen if someone asked for something, and why.')
      .requiredOption('--action <action>', 'What they ask for, such as signIn or person.change.')
      .option('--person <who>', 'A person, by name or id, with the proofs that they hold.')
      .option('--process <name>', 'Instead of a person: a process, with the proofs that it holds.')
      .option('--device <name>', 'Instead of a person: a device, as it last told of itself.')
      .option('--role <role...>', 'Instead of a person: someone with these roles.')
      .option('--group <group...>', 'And in these groups.')
      .option('--holds <proof...>', 'And holding these proofs, such as password or webauthn.')
      .option('--shown <proof...>', 'What they have shown, as totp or password@600 (seconds ago).')
      .option(
        '--resource <resource>',
        'What it is about: a part such as policy, person:NAME, network:DEVICE, api:NAME, site:NAME, application:NAME.',
      )
      .option('--scope <scope...>', 'To enter an API: with these scopes.')
      .option('--function <name>', 'To enter a site: what its rule calls what is done.')
      .option('--method <method>', 'And with this method.')
      .option('--command <text>', 'To run a command at a network device: what is run.')
      .option('--service <name>', 'To log in at one: what for, such as admin, vpn or wifi.')
      .option(
        '--certificate <kind:profile>',
        'To issue a certificate: whose and what for, as server:server.',
      )
      .option('--name <name...>', 'And in these names.')
      .option('--from <address>', 'Where they come from.', trialDefaults.source)
      .option('--door <door>', 'The door.', trialDefaults.door)
      .option('--time <time>', 'When, as 2026-01-31T08:00Z; now if it is left out.')
      .option('--new-device', 'From a browser that never signed in as them.')
      .option('--with <folder>', 'By the policies in this folder instead of those in force.')
      .action(act(context, (options: SimulateOptions) => simulate(context, options))),
    [
      {
        run: './sallyport policy simulate --person mia --action signIn --from 192.0.2.7',
        says: 'Which proofs would be asked of Mia, the least effort first.',
      },
      {
        run: './sallyport policy simulate --process nightly --action enter --resource api:payments --scope pay',
        says: 'Whether a job may use a scope, and why.',
      },
      {
        run: './sallyport policy simulate --person mia --action runCommand --resource network:core-1 --command "reload in 5" --shown password@600 totp@600',
        says: 'Whether Mia may run that, ten minutes after she logged in there.',
      },
      {
        run: './sallyport policy simulate --device plc-7 --action joinNetwork --resource network:core-1',
        says: 'Whether a device comes onto the network there with its certificate; by its address alone with --shown mac.',
      },
      {
        run: './sallyport policy simulate --person mia --action certificate.issue --certificate server:server --name vpn.example.com',
        says: 'Whether Mia may have a certificate issued in that name.',
      },
      {
        run: './sallyport policy simulate --role operator --holds webauthn --action pass.issue --resource person:mia --with policies',
        says: 'What new policies would do, before they are in force.',
      },
    ],
  );
}

/** The folder that was named, or else the one of the configuration. */
async function withFolder(
  context: CommandContext,
  folder: string | undefined,
  work: (folder: string) => Promise<ExitCode>,
): Promise<ExitCode> {
  if (folder !== undefined) return work(folder);
  return withConfig(context, ({ config: { policy } }) => {
    if (policy.folder !== undefined) return work(policy.folder);
    context.output().problem({
      what: 'Which folder? None was named, and the setting policy.folder is not set.',
      mend: './sallyport policy check FOLDER',
    });
    return EXIT.usage;
  });
}

interface ActivateOptions {
  readonly expect?: number;
  readonly from?: readonly string[];
}

async function activate(
  context: CommandContext,
  folder: string,
  { expect: expected, from: addresses = [] }: ActivateOptions,
): Promise<ExitCode> {
  const { folder: from, output } = context;
  const nowhere = noAddressIn(addresses);
  if (nowhere !== undefined) {
    return misused(output(), { ...nowhere, what: `${nowhere.what} Nothing was changed.` });
  }
  const files = readFolder(from, folder);
  if (!files.ok) return misused(output(), { what: files.error });
  return withDesk(context, async ({ policies }) => {
    const activated = await output().during(
      'Checking the policies',
      policies.activate({ files: files.value, from: addresses, expected }),
    );
    if (activated.ok) {
      const { version, unchanged, problems } = activated.value;
      output().answer({
        says: unchanged
          ? `Nothing was changed: the policies in ${folder} are in force already, as version ${version}.`
          : `The policies in ${folder} are in force, as version ${version}.`,
        table: problemTable(problems),
        data: { version, unchanged, problems },
      });
      return EXIT.ok;
    }
    return notActivated(folder)(output(), activated.error);
  });
}

const notActivated = (folder: string) =>
  tellBy({
    'policy-not-valid': (members) => {
      const problems = problemsIn(members);
      return {
        what: `Nothing was changed. ${problemsSentence(problems, folder)}`,
        table: problemTable(problems),
        mend: './sallyport policy check tells the same, and changes nothing.',
      };
    },
    'policy-locks-out': () => ({
      what: 'Nothing was changed: with these policies no administrator could sign in and change them again.',
      mend: 'A folder takes the place of all policies: begin with those in force (./sallyport policy show --to FOLDER) and add yours. What stands in the way: ./sallyport policy simulate --with FOLDER --person NAME --action signIn',
    }),
    'changed-meanwhile': () => ({
      what: 'Nothing was changed: another version is in force than the one that yours was made from.',
      mend: './sallyport policy show --to FOLDER writes it out, to compare with.',
    }),
  });

function show(context: CommandContext, to: string | undefined): Promise<ExitCode> {
  return withDesk(context, async ({ policies: desk }) => {
    const { folder: from, output } = context;
    const shown = await desk.show();
    if (!shown.ok) return notShown(output(), shown.error);
    const { version, files, policies } = shown.value;
    const name = version === 0 ? 'the policies that Sallyport ships' : `version ${version}`;
    if (to !== undefined) {
      const written = writeFolder(from, to, files);
      if (!written.ok) {
        const { reason, files: wrong } = written.error;
        output().problem(
          reason === 'strange'
            ? { what: `Nothing was written: ${wrong.join(', ')} is no name of a file of policies.` }
            : {
                what: `Nothing was written: ${wrong.join(', ')} stands there with other text.`,
                mend: 'Name another folder.',
              },
        );
        return EXIT.failed;
      }
      output().answer({
        says: `${to} holds the files of ${name}.`,
        data: { version, folder: to, files: Object.keys(files) },
      });
      return EXIT.ok;
    }
    output().answer({
      says: `In force: ${name}, ${countWords(policies.length, 'policy', 'policies')} in ${countWords(Object.keys(files).length, 'file')}.`,
      table: { head: ['', 'policy', 'because'], rows: explainedRows(policies) },
      data: { version, policies, files },
    });
    return EXIT.ok;
  });
}

const notShown = tellBy({
  unavailable: ({ version, says }) =>
    // Told on the machine itself alone: elsewhere nobody is let through to it.
    says === undefined
      ? undefined
      : {
          what: `The policies in force, version ${version}, can’t be read: ${says}. Everyone is refused.`,
          mend: './sallyport policy activate FOLDER puts others in their place.',
        },
});

function showHistory(context: CommandContext): Promise<ExitCode> {
  return withDesk(context, async ({ policies }) => {
    const known = await policies.versions();
    if (!known.ok) return tellRefused(context.output(), known.error);
    const versions = known.value;
    context.output().answer({
      says:
        versions.length === 0
          ? 'The policies that Sallyport ships are in force, and never were others.'
          : `Version ${versions[0]?.version} is in force.`,
      table: {
        head: ['version', 'activated', 'by', 'sha256'],
        rows: versions.map(({ version, activatedAt, activatedBy, sha256 }) => [
          String(version),
          momentOf(activatedAt),
          activatedBy ?? 'the command line',
          sha256.slice(0, 16),
        ]),
      },
      data: { versions },
    });
    return EXIT.ok;
  });
}

function explain(context: CommandContext, ids: readonly string[]): Promise<ExitCode> {
  return withDesk(context, async ({ policies }) => {
    const shown = await policies.show();
    if (!shown.ok) return notShown(context.output(), shown.error);
    const explained = shown.value.policies.filter(({ id }) => ids.includes(id));
    const unknown = ids.filter((id) => !explained.some((one) => one.id === id));
    if (unknown.length > 0) {
      return notFound(context.output(), `No policy in force is named ${unknown.join(' or ')}.`);
    }
    context.output().answer({
      says: explained
        .map(
          ({ because, file, line, text }) =>
            `${because}\n${file}, line ${line}:\n\n${asItStands(text)}`,
        )
        .join('\n\n'),
      data: explained,
    });
    return EXIT.ok;
  });
}

/** What is indented is not broken into other lines. */
function asItStands(source: string): string {
  return source
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
}

function notFound(output: Output, what: string): ExitCode {
  output.problem({ what, mend: './sallyport policy show lists the policies in force.' });
  return EXIT.notFound;
}

function whole(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('A version is a number.');
  return Number(text);
}
