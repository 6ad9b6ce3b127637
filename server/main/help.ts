/** The pages of --help: the one of `sallyport` itself, and what the pages of all commands have in common. */
import type { Command } from 'commander';
import { EXIT_WORDS } from './exit.ts';
import type { CommandGroup } from './groups.ts';
import { createPaint, pad, wrap } from './terminal-text.ts';

export interface Example {
  readonly run: string;
  readonly says: string;
}

const EXAMPLES = new WeakMap<Command, readonly Example[]>();

/** Every command has examples; a test sees to it. */
export function examples(command: Command, list: readonly Example[]): Command {
  EXAMPLES.set(command, list);
  return command.addHelpText('after', () => {
    const lines = list.map(({ run, says }) => `  ${run}\n      ${says}`);
    return `\nExamples:\n${lines.join('\n')}`;
  });
}

export function examplesOf(command: Command): readonly Example[] {
  return EXAMPLES.get(command) ?? [];
}

/** Commands that do something: not the groups that only hold others. */
export function leaves(command: Command): Command[] {
  if (command.commands.length === 0) return [command];
  return command.commands.flatMap(leaves);
}

/** The words that call a command, without `sallyport`. */
export function callOf(command: Command): string {
  const names: string[] = [];
  for (let at: Command | null = command; at?.parent; at = at.parent) names.unshift(at.name());
  const args = command.registeredArguments.map((argument) => {
    const name = argument.name().toUpperCase() + (argument.variadic ? '…' : '');
    return argument.required ? name : `[${name}]`;
  });
  return [...names, ...args].join(' ');
}

export function rootPage(
  program: Command,
  groups: readonly CommandGroup[],
  { width, colours }: { width: number; colours: boolean },
): string {
  const paint = createPaint(colours);
  const title = (text: string) => paint.bold(text.toUpperCase());
  const room = Math.min(width, 100);
  const prose = (text: string) => wrap(text, room - 2).map((line) => `  ${line}`);
  const list = (pairs: readonly (readonly [string, string])[], column: number) =>
    pairs.flatMap(([term, says]) => {
      const lines = wrap(says, Math.max(24, room - column - 4));
      return lines.map((line, index) => `  ${pad(index === 0 ? term : '', column)}  ${line}`);
    });

  const commands = groups.map(({ name, heading }) => {
    const command = program.commands.find((one) => one.name() === name);
    const pairs = command === undefined ? [] : leaves(command);
    return { heading, pairs: pairs.map((leaf) => [callOf(leaf), leaf.description()] as const) };
  });
  const options = program.options.map((option) => [option.flags, option.description] as const);
  const terms = [...commands.flatMap(({ pairs }) => pairs), ...options];
  const column = Math.max(...terms.map(([term]) => term.length));
  const headings = [...new Set(groups.map(({ heading }) => heading))];

  return [
    title('sallyport'),
    ...prose(program.description()),
    '',
    title('Use'),
    ...prose('./sallyport COMMAND [OPTIONS]'),
    ...prose('./sallyport COMMAND --help tells what one command does, with examples.'),
    ...headings.flatMap((heading) => {
      const pairs = commands.filter((one) => one.heading === heading).flatMap((one) => one.pairs);
      return ['', title(heading), ...list(pairs, column)];
    }),
    '',
    title('Options of every command'),
    ...list(options, column),
    '',
    title('Configuration'),
    ...prose(
      'Everything works without any. Settings stand in sallyport.yaml in the folder that you start from, or in the file that --config or SALLYPORT_CONFIG names; SALLYPORT_* variables override them. docs/configuration.md lists them all.',
    ),
    '',
    title('Exit codes'),
    ...list(Object.entries(EXIT_WORDS), 2),
    '',
  ].join('\n');
}
