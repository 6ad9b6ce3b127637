/** For commands that work on the database of this machine, beside a server that may be running on it. */
import type { Config } from '../config/sections.ts';
import type { OpenedHouse } from './open-house.ts';
import { type CommandContext, withConfig } from './terminal/command-context.ts';
import { EXIT, type ExitCode } from './terminal/exit.ts';

interface WithHouseOptions {
  /** Whether the command could be told to work elsewhere, with --at. */
  readonly elsewhere?: boolean;
}

/**
 * Opens the house that the configuration describes, and closes it whatever happens; where there is none, none is begun. Its
 * origin is that of the server that runs, if one does: links must lead there.
 */
export function withHouse(
  context: CommandContext,
  work: (opened: OpenedHouse, config: Config) => Promise<ExitCode>,
  { elsewhere = false }: WithHouseOptions = {},
): Promise<ExitCode> {
  return withConfig(context, async ({ config }) => {
    const { openHouse } = await import('./open-house.ts');
    const { servingFrom } = await import('./serving.ts');
    const { environment, output } = context;
    const opened = await openHouse({
      config,
      environment,
      existing: true,
      notice: (level, message) => level !== 'info' && output().warn(message),
    });
    if (!opened.ok) {
      const { what, mend, absent } = opened.error;
      if (!absent) {
        output().problem({ what, mend });
        return EXIT.unavailable;
      }
      output().problem({ what, mend: await meant(context, elsewhere) });
      return EXIT.notFound;
    }
    try {
      const origin = servingFrom(config)?.origin ?? opened.value.origin;
      return await work({ ...opened.value, origin }, config);
    } finally {
      await opened.value.close();
    }
  });
}

async function meant(context: CommandContext, elsewhere: boolean): Promise<string> {
  const begin = './sallyport serve begins one.';
  if (!elsewhere) return begin;
  const { createLoginFile, loginsPath } = await import('./remote/login-file.ts');
  const logins = createLoginFile(loginsPath(context.environment, context.folder)).all();
  const origins = logins.ok ? [...logins.value.keys()] : [];
  return origins.length === 0
    ? `${begin} One that runs elsewhere is named with --at ORIGIN, after ./sallyport login.`
    : `You are signed in at ${origins.join(', ')}: did you mean --at ${origins.length === 1 ? origins[0] : 'ORIGIN'}?`;
}
