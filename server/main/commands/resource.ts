/** `sallyport resource …`: what can be entered. docs/processes.md tells what the kinds are. */
import { applicationGrants, Openness } from '@sallyport/contract/resources.ts';
import type { Command } from 'commander';
import type { ResourceDetail } from '../../subjects/resource.ts';
import { withDesk } from '../desks/at-desk.ts';
import type { ProcessesDesk } from '../desks/processes-desk.ts';
import { personAt } from '../person/person-words.ts';
import { registerInvitations } from '../resource/invitation-commands.ts';
import {
  type DetailOptions,
  detailRead,
  detailTyped,
  doesNotFit,
  KIND_WORDS,
  kindTyped,
} from '../resource/resource-options.ts';
import {
  detailRows,
  nameAndTitle,
  nextForResource,
  opennessWords,
  proofForApplication,
  refusedNamed,
  refusedResource,
  resourceAt,
  rulesOf,
  whereWords,
} from '../resource/resource-words.ts';
import { countWords, momentOf } from '../terminal/amounts.ts';
import { act, type CommandContext } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import { examples } from '../terminal/help.ts';
import type { Problem } from '../terminal/output.ts';
import {
  gather,
  groupProblem,
  limitTyped,
  misused,
  NOTHING_TO_CHANGE,
  nameProblem,
} from '../terminal/typed.ts';

interface CommonOptions extends DetailOptions {
  readonly open?: string;
  readonly group?: readonly string[];
  readonly member?: readonly string[];
}

interface AddOptions extends CommonOptions {
  readonly owner?: string;
}

interface ChangeOptions extends CommonOptions {
  readonly name?: string;
}

function withDetail(command: Command): Command {
  return command
    .option('--open <to>', 'everyone, or listed: those in a group of --member.')
    .option('--member <group>', 'A group whose people are listed, as often as needed.', gather)
    .option('--group <group>', 'A group that policies name it by, as often as needed.', gather)
    .option('--title <text>', 'Of an application: what people read.')
    .option('--redirect <uri>', 'Of an application: where people come back to, in full.', gather)
    .option('--after-sign-out <uri>', 'Of an application: where they go then.', gather)
    .option('--client-auth <kind>', 'Of an application: how it proves itself, or none.')
    .option('--profile <profile>', 'Of an application: standard or fapi2.')
    .option('--third-party', 'Of an application: people are asked for their consent.')
    .option('--first-party', 'Of an application: people are not asked, which is usual.')
    .option('--grant <grant>', `Of an application: ${applicationGrants.join(', ')}.`, gather)
    .option('--id-token-alg <alg>', 'Of an application: ES256, EdDSA or RS256.')
    .option('--pairwise-sector <host>', 'Of an application: a sector with subject ids of its own.')
    .option('--tell-sign-out <uri>', 'Of an application: where it is told that a sign-in ended.')
    .option('--api <audience#scopes>', 'Of an application: what it asks tokens for.', gather)
    .option('--audience <uri>', 'Of an API: the audience of its tokens.')
    .option('--scope <name=says>', 'Of an API: a scope and what it lets one do.', gather)
    .option('--sensitive <scope>', 'Of an API: a scope that needs a fresh proof.', gather)
    .option('--token-lifetime <time>', 'Of an API: how long its tokens live, such as 10m.')
    .option('--token-format <format>', 'Of an API or application: jwt or opaque.')
    .option(
      '--bound-tokens',
      'Of an API or application: only tokens bound to a key or certificate.',
    )
    .option('--no-bound-tokens', 'Of an API or application: tokens that are bound to nothing, too.')
    .option('--host <host>', 'Of a site: a host of it, in small letters.', gather)
    .option('--rule <rule>', 'Of a site: "POST /keys/import import-keys sensitive".', gather)
    .option(
      '--cookie-lifetime <time>',
      'Of a site: after how long its browsers come by again, such as 5m.',
    )
    .option('--detail <file>', 'All that there is to say of its kind, as JSON.');
}

export function register(program: Command, context: CommandContext): void {
  const group = program.command('resource').description('What can be entered.');
  examples(
    withDetail(
      group
        .command('add')
        .description('Add an application, an API or a site.')
        .argument('<kind>', 'application, api or site.')
        .argument('<name>', 'Small letters, digits, dots, hyphens. Policies call it so.')
        .option(
          '--owner <person>',
          'Who answers for an application that proves itself; needed then.',
        ),
    ).action(
      act(context, (kind: string, name: string, options: AddOptions) =>
        add(context, kind, name, options),
      ),
    ),
    [
      {
        run: './sallyport resource add api payments --audience https://pay.example.com/ --scope read="See payments" --scope pay="Make payments" --sensitive pay',
        says: 'An API that processes and applications get tokens for.',
      },
      {
        run: './sallyport resource add application grafana --redirect https://grafana.example.com/login/generic_oauth --client-auth secret --owner ada --open everyone',
        says: 'Something that people sign in to. Its client id is printed.',
      },
      {
        run: './sallyport resource add site wiki --host wiki.example.com --rule "/* read" --member staff',
        says: 'A site that knows nothing of all this, behind nginx, Caddy or Traefik.',
      },
    ],
  );
  examples(
    group
      .command('list')
      .description('Show what can be entered.')
      .option('--kind <kind>', 'Only applications, APIs or sites.')
      .option('--after <id>', 'Go on behind this resource.')
      .option('--limit <number>', 'How many at the most.', '100')
      .action(act(context, (options: Record<string, string>) => list(context, options))),
    [{ run: './sallyport resource list --kind api', says: 'What tokens can be for.' }],
  );
  examples(
    group
      .command('show')
      .description('Show one resource, with all that is said of it.')
      .argument('<resource>', 'Name or id.')
      .action(act(context, (typed: string) => show(context, typed))),
    [{ run: './sallyport resource show payments', says: 'Its scopes, and who may enter.' }],
  );
  examples(
    withDetail(
      group
        .command('change')
        .description('Change a resource. What is not named stays; a list is given whole.')
        .argument('<resource>', 'Name or id.')
        .option('--name <name>', 'Another name; policies that call it by the old one must change.'),
    ).action(
      act(context, (typed: string, options: ChangeOptions) => change(context, typed, options)),
    ),
    [{ run: './sallyport resource change wiki --open everyone', says: 'All people may read it.' }],
  );
  examples(
    group
      .command('remove')
      .description('Remove a resource: nobody enters it any more.')
      .argument('<resource>', 'Name or id.')
      .requiredOption('--yes <name>', 'Its name again, to show that you mean it.')
      .action(
        act(context, (typed: string, options: { yes: string }) => remove(context, typed, options)),
      ),
    [{ run: './sallyport resource remove wiki --yes wiki', says: 'It was taken down.' }],
  );
  registerInvitations(group, context);
}

async function add(
  context: CommandContext,
  typed: string,
  name: string,
  options: AddOptions,
): Promise<ExitCode> {
  const output = context.output();
  const kind = kindTyped(typed);
  if (!kind.ok) return misused(output, kind.error);
  const detail = detailTyped(context.folder, kind.value, options);
  if (!detail.ok) return misused(output, detail.error);
  const { owner, open = 'listed', group = [], member = [] } = options;
  const wrong = await malformed(name, open, [...group, ...member]);
  if (wrong !== undefined) return misused(output, wrong);
  const read = detailRead(kind.value, detail.value);
  if (!read.success) {
    const { fieldsOf } = await import('../../doors/api/fields.ts');
    return misused(output, doesNotFit(fieldsOf(read.error), options));
  }
  if ('clientAuth' in read.data && read.data.clientAuth !== 'none' && owner === undefined) {
    return misused(output, {
      what: 'An application that proves itself is a process too, and somebody answers for it.',
      mend: 'Add --owner PERSON.',
    });
  }
  return withDesk(context, async ({ people, resources, processes }) => {
    const person = owner === undefined ? undefined : await personAt(people, owner, output);
    const added = await resources.add({
      name,
      groups: group,
      members: member,
      open: Openness.parse(open),
      owner: person?.id,
      ...({ kind: kind.value, detail: read.data } as ResourceDetail), // Read by the schema of that kind.
    });
    if (!added.ok) {
      return refusedNamed({ resources, processes }, { ...options, name }, output, added.error);
    }
    output.answer({
      says: `${name} is added.${kind.value === 'application' ? ` Its client id is ${added.value.id}` : ''}`,
      next: nextForResource(added.value),
      data: added.value,
    });
    return EXIT.ok;
  });
}

function list(context: CommandContext, options: Record<string, string>): Promise<ExitCode> {
  const output = context.output();
  const limit = limitTyped(options.limit);
  if (!limit.ok) return Promise.resolve(misused(output, limit.error));
  const { kind, after } = options;
  const known = kind === undefined ? undefined : kindTyped(kind);
  if (known !== undefined && !known.ok) return Promise.resolve(misused(output, known.error));
  return withDesk(context, async ({ resources }) => {
    const page = await resources.list({
      limit: limit.value,
      ...(known === undefined ? {} : { kind: known.value }),
      ...(after === undefined ? {} : { after }),
    });
    if (!page.ok) return refusedResource(output, page.error);
    const { items, next } = page.value;
    output.answer({
      says: sentence(items.length, kind !== undefined || after !== undefined),
      table: {
        head: ['resource', 'kind', 'open to', 'where', 'id'],
        rows: items.map((resource) => [
          nameAndTitle(resource),
          resource.kind,
          opennessWords(resource),
          whereWords(resource),
          resource.id,
        ]),
      },
      ...(next === null ? {} : { next: `There are more: --after ${next}` }),
      data: { resources: items, next },
    });
    return EXIT.ok;
  });
}

function sentence(count: number, filtered: boolean): string {
  if (count > 0) return `${countWords(count, 'resource')}.`;
  return filtered
    ? 'No resource is like that. ./sallyport resource list without options shows them all.'
    : 'There is nothing to enter yet. ./sallyport resource add KIND NAME adds an application, an API or a site.';
}

function show(context: CommandContext, typed: string): Promise<ExitCode> {
  return withDesk(context, async ({ resources, processes: all }) => {
    const output = context.output();
    const resource = await resourceAt(resources, typed, output);
    const entering = await all.list({ resource: resource.id, limit: 100 });
    if (!entering.ok) return refusedResource(output, entering.error);
    const { items } = entering.value;
    const { name, kind } = resource;
    const processes = items.map((process) => process.name).join(', ');
    const rules = rulesOf(resource);
    output.answer({
      says: `${name} is ${KIND_WORDS[kind]}, open to ${opennessWords(resource)}; ${processes === '' ? 'no process may enter it' : `processes that may enter it: ${processes}`}. It was added at ${momentOf(resource.createdAt)}.`,
      table: {
        head: ['what', 'is'],
        rows: [['id', resource.id], ...detailRows(resource)],
      },
      ...(rules === undefined ? {} : { also: rules }),
      ...(items.length > 0 ? {} : { next: nextForResource(resource) }),
      data: { ...resource, processes: items.map(({ id }) => id) },
    });
    return EXIT.ok;
  });
}

async function change(
  context: CommandContext,
  typed: string,
  options: ChangeOptions,
): Promise<ExitCode> {
  const output = context.output();
  if (Object.keys(options).length === 0) {
    return misused(output, NOTHING_TO_CHANGE);
  }
  const { name, open, group, member } = options;
  const wrong = await malformed(name, open, [...(group ?? []), ...(member ?? [])]);
  if (wrong !== undefined) return misused(output, wrong);
  return withDesk(context, async ({ resources, processes }) => {
    const resource = await resourceAt(resources, typed, output);
    const detail = detailTyped(context.folder, resource.kind, options);
    if (!detail.ok) return misused(output, detail.error);
    const edit = {
      ...(name === undefined ? {} : { name }),
      ...(open === undefined ? {} : { open: Openness.parse(open) }),
      ...(group === undefined ? {} : { groups: group }),
      ...(member === undefined ? {} : { members: member }),
      ...(Object.keys(detail.value).length === 0 ? {} : { detail: detail.value }),
    };
    const done = await resources.change(resource.id, edit);
    if (!done.ok) return refusedNamed({ resources, processes }, options, output, done.error);
    const next = await nextForProof(processes, options, done.value.name);
    output.answer({
      says: `${done.value.name} is changed.`,
      ...(next === undefined ? {} : { next }),
      data: done.value,
    });
    return EXIT.ok;
  });
}

/** What an application lacks that is to prove itself from now on. */
async function nextForProof(
  processes: ProcessesDesk,
  { clientAuth }: ChangeOptions,
  name: string,
): Promise<string | undefined> {
  if (clientAuth === undefined || clientAuth === 'none') return undefined;
  const found = await processes.find(name);
  if (!found.ok || found.value === undefined) return undefined;
  const { orphaned, proofs } = found.value;
  const next = [
    ...(orphaned
      ? [`Nobody answers for it yet: ./sallyport process change ${name} --owner PERSON`]
      : []),
    ...(proofs.some(({ kind }) => kind === clientAuth)
      ? []
      : [proofForApplication(name, clientAuth)]),
  ];
  return next.length === 0 ? undefined : next.join('\n');
}

function remove(context: CommandContext, typed: string, { yes }: { yes: string }) {
  return withDesk(context, async ({ resources }) => {
    const output = context.output();
    const resource = await resourceAt(resources, typed, output);
    if (resource.name !== yes) {
      return misused(output, { what: `Its name is not “${yes}”. Nothing was removed.` });
    }
    const removed = await resources.remove(resource.id);
    if (!removed.ok) return refusedResource(output, removed.error);
    output.answer({
      says: `${yes} is removed, and nobody enters it any more.`,
      data: { id: resource.id },
    });
    return EXIT.ok;
  });
}

async function malformed(
  name: string | undefined,
  open: string | undefined,
  groups: readonly string[],
): Promise<Problem | undefined> {
  const wrong = nameProblem(name);
  if (wrong !== undefined) return wrong;
  if (open !== undefined && !Openness.safeParse(open).success) {
    return { what: `--open is everyone or listed, and not “${open}”.` };
  }
  return groupProblem(groups);
}
