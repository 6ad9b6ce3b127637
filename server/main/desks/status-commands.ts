/** `disable`, `enable` and what else changes the state of one thing and nothing more. */
import type { Command } from 'commander';
import type { Refused } from '../remote/connection.ts';
import { act, type CommandContext } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import { examples } from '../terminal/help.ts';
import type { Output } from '../terminal/output.ts';
import { withDesk } from './at-desk.ts';
import type { Desk } from './desk.ts';
import type { Done } from './done.ts';

interface WithStatus {
  readonly id: string;
  readonly name: string;
  readonly status: string;
}

/** The kind of thing that is changed. */
export interface StatusOf<D> {
  readonly noun: string;
  /** The name of one, for examples. */
  readonly example: string;
  readonly desk: (desk: Desk) => D;
  /** Ends the command where there is none. */
  readonly at: (desk: D, typed: string, output: Output) => Promise<WithStatus>;
  readonly refused: (output: Output, refused: Refused) => ExitCode;
}

export interface StatusChange<D> {
  readonly done: (name: string) => string;
  readonly next?: (name: string) => string;
  readonly work: (desk: D, id: string) => Done<WithStatus>;
}

export function registerStatus<D>(
  group: Command,
  context: CommandContext,
  { noun, example, desk, at, refused }: StatusOf<D>,
): (verb: string, description: string, change: StatusChange<D>) => void {
  return (verb, description, { done, next, work }) => {
    const run = (typed: string) =>
      withDesk(context, async (desks) => {
        const output = context.output();
        const mine = desk(desks);
        const changed = await work(mine, (await at(mine, typed, output)).id);
        if (!changed.ok) return refused(output, changed.error);
        const { id, name, status } = changed.value;
        output.answer({
          says: done(name),
          ...(next === undefined ? {} : { next: next(name) }),
          data: { id, name, status },
        });
        return EXIT.ok;
      });
    examples(
      group
        .command(verb)
        .description(description)
        .argument(`<${noun}>`, 'Name or id.')
        .action(act(context, run)),
      [{ run: `./sallyport ${noun} ${verb} ${example}`, says: description }],
    );
  };
}
