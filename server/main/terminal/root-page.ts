/** The page of `./sallyport --help`: every command, what all have in common, and how they end. */
import type { Command } from 'commander';
import { EXIT_WORDS } from './exit.ts';
import { callOf, leaves } from './help.ts';
import { createPaint, pad, wrap } from './terminal-text.ts';

export function rootPage(
  program: Command,
  groups: readonly { readonly name: string; readonly heading: string }[],
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
