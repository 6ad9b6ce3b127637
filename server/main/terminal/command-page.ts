/** The page of one command's --help, or of a group's: set like the page of all of them (root-page.ts). */
import type { Argument, Command, Option } from 'commander';
import { callOf, examplesOf, leaves, needed, wordsOf } from './help.ts';
import { createPage, type Page, type PageLook, type Term } from './page.ts';

/** Of the commands of a group, so many show an example; each has all of its own on its page. */
const EXAMPLES_OF_A_GROUP = 3;

export interface CommandPageLook extends PageLook {
  /** Options of every command that this one has no use for. */
  readonly without: readonly string[];
}

export function commandPage(command: Command, look: CommandPageLook): string {
  const page = createPage(look);
  const parts = command.commands.length > 0 ? groupParts(command, page) : leafParts(command, page);
  const told = parts.flatMap(([heading, lines]) =>
    lines.length === 0 ? [] : ['', page.title(heading), ...lines],
  );
  const common = commonOptions(command, look.without);
  return [
    page.title(`sallyport ${wordsOf(command)}`),
    ...page.prose(command.description()),
    ...told,
    '',
    page.title('Options of every command'),
    ...page.list(common, [...common, ...ownOptions(command), ...argumentsOf(command)]),
    '',
    page.title('Examples'),
    ...shownExamples(command).flatMap(({ run, says }) => [`  ${run}`, `      ${says}`]),
    '',
  ].join('\n');
}

type Part = readonly [heading: string, lines: readonly string[]];

function groupParts(command: Command, { prose, list }: Page): Part[] {
  const call = `./sallyport ${wordsOf(command)} COMMAND`;
  return [
    [
      'Use',
      [
        ...prose(`${call} [OPTIONS]`),
        ...prose(`${call} --help tells what one command does, with examples.`),
      ],
    ],
    ['Commands', list(leaves(command).map((leaf): Term => [callOf(leaf), leaf.description()]))],
  ];
}

function leafParts(command: Command, { prose, list }: Page): Part[] {
  const options = ownOptions(command);
  const names = argumentsOf(command);
  const all = [...names, ...options, ...commonOptions(command, [])];
  const wanted = needed(command).map(({ flags }) => ` ${flags}`);
  return [
    ['Use', prose(`./sallyport ${callOf(command)}${wanted.join('')} [OPTIONS]`)],
    ['What is named', list(names, all)],
    ['Options', list(options, all)],
  ];
}

function shownExamples(command: Command) {
  if (command.commands.length === 0) return examplesOf(command);
  return leaves(command)
    .flatMap((leaf) => examplesOf(leaf).slice(0, 1))
    .slice(0, EXAMPLES_OF_A_GROUP);
}

function argumentsOf({ registeredArguments }: Command): Term[] {
  return registeredArguments
    .filter(({ description }) => description !== '')
    .map((argument): Term => [nameOf(argument), argument.description]);
}

const nameOf = (argument: Argument): string => argument.name().toUpperCase();

function ownOptions({ options }: Command): Term[] {
  return options.filter(({ hidden }) => !hidden).map((one): Term => [one.flags, saysOf(one)]);
}

function saysOf({ description, mandatory, defaultValue }: Option): string {
  if (mandatory) return `${description} Needed.`;
  return typeof defaultValue === 'string'
    ? `${description} Without it: ${defaultValue}.`
    : description;
}

function commonOptions(command: Command, without: readonly string[]): Term[] {
  let root = command;
  while (root.parent !== null) root = root.parent;
  return [
    ...root.options
      .filter(({ long }) => long !== '--version' && !without.includes(long ?? ''))
      .map(({ flags, description }): Term => [flags, description]),
    ['--help', 'Tell how a command is used.'],
  ];
}
