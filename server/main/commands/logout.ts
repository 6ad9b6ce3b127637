/** `sallyport logout`: ends what `login` began. */
import type { Command } from 'commander';
import { act, type CommandContext } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import { examples } from '../terminal/help.ts';

export function register(program: Command, context: CommandContext): void {
  examples(
    program
      .command('logout')
      .description('End your sign-in at a server, and forget it here.')
      .argument('[origin]', 'Its address; not needed when there is one alone.')
      .action(act(context, (typed: string | undefined) => logout(context, typed))),
    [{ run: './sallyport logout', says: 'You are done, or leave this computer.' }],
  );
}

async function logout(context: CommandContext, typed: string | undefined): Promise<ExitCode> {
  const { remoteDeps } = await import('../remote/remote.ts');
  const { whichLogin } = await import('../remote/which-login.ts');
  const { discover, revoke } = await import('../remote/token-requests.ts');
  const output = context.output();
  const { logins } = remoteDeps(context);
  const origin = whichLogin(context, logins, typed);
  const known = logins.get(origin);
  const login = known.ok ? known.value : undefined;
  if (login === undefined) {
    output.problem({ what: `You are not signed in at ${origin}.` });
    return EXIT.notFound;
  }
  // Forgotten here whatever becomes of it there.
  const forgotten = logins.set(origin, undefined);
  if (!forgotten.ok) {
    output.problem(forgotten.error);
    return EXIT.unavailable;
  }
  const server = await discover(origin);
  const ended = server.ok && (await revoke(server.value, login.refreshToken).catch(() => false));
  if (!ended) {
    output.warn(
      `${origin} could not be told, so the tokens stay good there until your session ends. End it on the page of your account if they may be in other hands.`,
    );
  }
  output.answer({
    says: `You are signed out at ${origin}${ended ? '' : ', as far as this computer goes'}.`,
    data: { origin, ended },
  });
  return EXIT.ok;
}
