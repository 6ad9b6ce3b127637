/** What the --help pages of all commands have in common: examples, and the words that call a command. */
import type { Command, Option } from 'commander';

export interface Example {
  readonly run: string;
  readonly says: string;
}

const EXAMPLES = new WeakMap<Command, readonly Example[]>();

/** Every command has examples; a test sees to it. */
export function examples(command: Command, list: readonly Example[]): Command {
  EXAMPLES.set(command, list);
  return command;
}

export function examplesOf(command: Command): readonly Example[] {
  return EXAMPLES.get(command) ?? [];
}

/** Commands that do something: not the groups that only hold others. */
export function leaves(command: Command): Command[] {
  if (command.commands.length === 0) return [command];
  return command.commands.flatMap(leaves);
}

/** Options that a command does nothing without. */
export function needed(command: Command): Option[] {
  return command.options.filter(({ mandatory }) => mandatory);
}

/** The words that call a command, without `sallyport`. */
export function wordsOf(command: Command): string {
  const names: string[] = [];
  for (let at: Command | null = command; at?.parent; at = at.parent) names.unshift(at.name());
  return names.join(' ');
}

/** The same, with what is named behind them. */
export function callOf(command: Command): string {
  const args = command.registeredArguments.map((argument) => {
    const name = argument.name().toUpperCase() + (argument.variadic ? '…' : '');
    return argument.required ? name : `[${name}]`;
  });
  return [wordsOf(command), ...args].join(' ');
}
