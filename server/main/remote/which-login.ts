import type { CommandContext } from '../terminal/command-context.ts';
import { Ended, EXIT, type ExitCode } from '../terminal/exit.ts';
import type { Problem } from '../terminal/output.ts';
import type { LoginFile } from './login-file.ts';
import { placeOf, readOrigin } from './places.ts';

/** The server that was typed or that `--at` names, or the only one where somebody is signed in. Anything else ends the command. */
export function whichLogin(
  context: CommandContext,
  logins: LoginFile,
  typed: string | undefined,
): string {
  function end(problem: Problem, code: ExitCode): never {
    context.output().problem(problem);
    throw new Ended(code);
  }
  const place = typed === undefined ? placeOf(context) : readOrigin(typed);
  if (!place.ok) return end(place.error, EXIT.usage);
  const all = logins.all();
  if (!all.ok) return end(all.error, EXIT.unavailable);
  if (place.value !== undefined) return place.value;
  const [only, ...more] = all.value.keys();
  if (only === undefined) {
    const mend = './sallyport login https://auth.example.com signs in.';
    return end({ what: 'You are signed in nowhere.', mend }, EXIT.refused);
  }
  if (more.length > 0) {
    const where = [only, ...more].join(', ');
    return end({ what: `You are signed in at ${where}.`, mend: 'Name one of them.' }, EXIT.usage);
  }
  return only;
}
