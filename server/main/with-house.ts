/** For commands that work on the database of this machine, beside a server that may be running on it. */
import type { Config } from '../config/sections.ts';
import type { OpenedHouse } from './open-house.ts';
import { type CommandContext, withConfig } from './terminal/command-context.ts';
import { EXIT, type ExitCode } from './terminal/exit.ts';

/**
 * Opens the house that the configuration describes, and closes it whatever happens. Its origin is that of the server that runs,
 * if one does: links must lead there.
 */
export function withHouse(
  context: CommandContext,
  work: (opened: OpenedHouse, config: Config) => Promise<ExitCode>,
): Promise<ExitCode> {
  return withConfig(context, async ({ config }) => {
    const { openHouse } = await import('./open-house.ts');
    const { servingFrom } = await import('./serving.ts');
    const { environment, output } = context;
    const opened = await openHouse({
      config,
      environment,
      notice: (level, message) => level !== 'info' && output().warn(message),
    });
    if (!opened.ok) {
      output().problem(opened.error);
      return EXIT.unavailable;
    }
    try {
      const origin = servingFrom(config)?.origin ?? opened.value.origin;
      return await work({ ...opened.value, origin }, config);
    } finally {
      await opened.value.close();
    }
  });
}
