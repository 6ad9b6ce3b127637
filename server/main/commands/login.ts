/** `sallyport login`: signs in at a server, in the browser, so that commands can work there with --at. */
import type { Command } from 'commander';
import { act, type CommandContext } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import { examples } from '../terminal/help.ts';
import { rolesWords } from '../terminal/roles-words.ts';

interface LoginOptions {
  readonly browser: boolean;
}

export function register(program: Command, context: CommandContext): void {
  examples(
    program
      .command('login')
      .description('Sign in at a server in your browser, to work there with --at.')
      .argument('[origin]', 'Its address, as people type it.')
      .option('--no-browser', 'Open no browser; only print the address.')
      .action(
        act(context, (typed: string | undefined, options: LoginOptions) =>
          login(context, typed, options),
        ),
      ),
    [
      {
        run: './sallyport login https://auth.example.com',
        says: 'Then ./sallyport person list --at https://auth.example.com works there.',
      },
    ],
  );
}

async function login(
  context: CommandContext,
  typed: string | undefined,
  { browser }: LoginOptions,
): Promise<ExitCode> {
  const { placeOf, readOrigin } = await import('../remote/places.ts');
  const { remoteDeps } = await import('../remote/remote.ts');
  const { connect } = await import('../remote/connection.ts');
  const { loginAt } = await import('../remote/login-at.ts');
  const output = context.output();
  const place = typed === undefined ? placeOf(context) : readOrigin(typed);
  if (!place.ok) {
    output.problem(place.error);
    return EXIT.usage;
  }
  if (place.value === undefined) {
    output.problem({
      what: 'Name the server to sign in at.',
      mend: './sallyport login https://auth.example.com',
    });
    return EXIT.usage;
  }
  const origin = place.value;
  const deps = remoteDeps(context, { browser });
  const signedIn = await loginAt(deps, origin);
  if (!signedIn.ok) {
    output.problem(signedIn.error.problem);
    return signedIn.error.exit;
  }
  const me = await connect(deps, origin).call('showMe');
  if (!me.ok) {
    output.problem({ what: `${origin} gave tokens and does not take them: ${me.error.code}.` });
    return EXIT.failed;
  }
  const { identifier, roles, sessionExpiresAt } = me.value;
  output.answer({
    says: `You are signed in at ${origin} as ${identifier}, ${rolesWords(roles)}.`,
    next: `Work there with --at ${origin}, or set SALLYPORT_AT. ./sallyport logout ends it; by itself it ends with your session.`,
    data: { origin, identifier, roles, sessionExpiresAt },
  });
  return EXIT.ok;
}
