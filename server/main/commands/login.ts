/** `sallyport login`: signs in at a server, in the browser, so that commands can work there with --at. */
import type { Command } from 'commander';
import { act, type CommandContext } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import { examples } from '../terminal/help.ts';
import { rolesWords } from '../terminal/roles-words.ts';

interface LoginOptions {
  readonly person?: string;
  readonly browser: boolean;
}

export function register(program: Command, context: CommandContext): void {
  examples(
    program
      .command('login')
      .description('Sign in at a server in your browser, to work there with --at.')
      .argument('[origin]', 'Its address, as people type it.')
      .option('--person <name>', 'Who you have to be there: anybody else is refused.')
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
      {
        run: './sallyport login https://auth.example.com --person ada',
        says: 'Nothing is kept if somebody else was at the browser.',
      },
    ],
  );
}

async function login(
  context: CommandContext,
  typed: string | undefined,
  { browser, person }: LoginOptions,
): Promise<ExitCode> {
  const { placeOf, readOrigin } = await import('../remote/places.ts');
  const { remoteDeps } = await import('../remote/remote.ts');
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
  const signedIn = await loginAt(deps, origin, { person });
  if (!signedIn.ok) {
    output.problem(signedIn.error.problem);
    return signedIn.error.exit;
  }
  const { identifier, roles, sessionExpiresAt } = signedIn.value;
  output.answer({
    says: `You are signed in at ${origin} as ${identifier}, ${rolesWords(roles)}.`,
    next: `Work there with --at ${origin}, or set SALLYPORT_AT. ./sallyport logout ends it; by itself it ends with your session.`,
    data: { origin, identifier, roles, sessionExpiresAt },
  });
  return EXIT.ok;
}
