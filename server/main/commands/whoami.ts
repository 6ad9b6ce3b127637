/** `sallyport whoami`: who commands work as, and where. */
import type { Command } from 'commander';
import { act, type CommandContext } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import { examples } from '../terminal/help.ts';

export function register(program: Command, context: CommandContext): void {
  examples(
    program
      .command('whoami')
      .description('Show where you are signed in, and as whom.')
      .argument('[origin]', 'The server; not needed when there is one alone.')
      .action(act(context, (typed: string | undefined) => whoami(context, typed))),
    [{ run: './sallyport whoami', says: 'Whether you are still signed in, and until when.' }],
  );
}

async function whoami(context: CommandContext, typed: string | undefined): Promise<ExitCode> {
  const { remoteDeps } = await import('../remote/remote.ts');
  const { connect } = await import('../remote/connection.ts');
  const { whichLogin } = await import('../remote/which-login.ts');
  const { tellRefused } = await import('../remote/refused.ts');
  const { momentOf } = await import('../terminal/amounts.ts');
  const { rolesWords } = await import('../terminal/roles-words.ts');
  const deps = remoteDeps(context);
  const origin = whichLogin(context, deps.logins, typed);
  const me = await connect(deps, origin).call('showMe');
  if (!me.ok) return tellRefused(deps.output, me.error);
  const { id, identifier, displayName, roles, groups, sessionExpiresAt } = me.value;
  deps.output.answer({
    says: `At ${origin} you are ${displayName} (${identifier}), ${rolesWords(roles)}, until ${momentOf(sessionExpiresAt)} at the latest.`,
    data: { origin, id, identifier, displayName, roles, groups, sessionExpiresAt },
  });
  return EXIT.ok;
}
