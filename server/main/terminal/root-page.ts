/** The page of `./sallyport --help`: every command, what all have in common, and how they end. */
import type { Command } from 'commander';
import { EXIT_WORDS } from './exit.ts';
import { callOf, leaves } from './help.ts';
import { createPage, type PageLook, type Term } from './page.ts';

export function rootPage(
  program: Command,
  groups: readonly { readonly name: string; readonly heading: string }[],
  look: PageLook,
): string {
  const { title, prose, list } = createPage(look);
  const commands = groups.map(({ name, heading }) => {
    const command = program.commands.find((one) => one.name() === name);
    const pairs = command === undefined ? [] : leaves(command);
    return { heading, terms: pairs.map((leaf): Term => [callOf(leaf), leaf.description()]) };
  });
  const options = program.options.map(({ flags, description }): Term => [flags, description]);
  const all = [...commands.flatMap(({ terms }) => terms), ...options];
  const headings = [...new Set(groups.map(({ heading }) => heading))];

  return [
    title('sallyport'),
    ...prose(program.description()),
    '',
    title('Use'),
    ...prose('./sallyport COMMAND [OPTIONS]'),
    ...prose('./sallyport COMMAND --help tells what one command does, with examples.'),
    ...headings.flatMap((heading) => {
      const terms = commands.filter((one) => one.heading === heading).flatMap((one) => one.terms);
      return ['', title(heading), ...list(terms, all)];
    }),
    '',
    title('Options of every command'),
    ...list(options, all),
    '',
    title('Configuration'),
    ...prose(
      'Everything works without any. Settings stand in sallyport.yaml in the folder that you start from, or in the file that --config or SALLYPORT_CONFIG names; SALLYPORT_* variables override them. docs/configuration.md lists them all.',
    ),
    '',
    title('Exit codes'),
    ...list(Object.entries(EXIT_WORDS)),
    '',
  ].join('\n');
}
