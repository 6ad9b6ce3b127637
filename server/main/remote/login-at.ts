/**
 * Signs in at a server and keeps the login: what `login` does, and what a command does that can't go on without one. Whoever was
 * at the browser is who it becomes, so it says who that is, and keeps nothing of somebody else than was expected.
 */
import { failed, ok, type Result } from '../../kernel/result.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import type { Problem } from '../terminal/output.ts';
import { type AnswerOf, type ConnectionDeps, connect } from './connection.ts';
import { makeKey } from './dpop-signer.ts';
import type { Login, LoginFile } from './login-file.ts';
import { signIn, type Wanted } from './sign-in.ts';
import { discover, revoke } from './token-requests.ts';

export interface NotSignedIn {
  readonly problem: Problem;
  readonly exit: ExitCode;
}

export type Me = AnswerOf<'showMe'>;

const SIGN_OUT =
  'Sign out in the browser there, or name them with --person. If it was not you who signed in, somebody else opened your address.';

export interface LoginWanted extends Pick<Wanted, 'maxAge'> {
  /** What whoever signs in is called, or their id; anybody where it is undefined. */
  readonly person?: string | undefined;
}

export async function loginAt(
  deps: ConnectionDeps,
  origin: string,
  { maxAge, person }: LoginWanted = {},
): Promise<Result<Me, NotSignedIn>> {
  const because = (problem: Problem, exit: ExitCode) => failed({ problem, exit });
  // Before anyone signs in for nothing.
  const before = deps.logins.get(origin);
  if (!before.ok) return because(before.error, EXIT.unavailable);
  const server = await discover(origin);
  if (!server.ok) return because(server.error, EXIT.unavailable);
  const signedIn = await signIn(deps, { server: server.value, key: makeKey(), maxAge });
  if (!signedIn.ok) return because(signedIn.error, EXIT.refused);
  const held = heldInMemory(signedIn.value);
  const giveBack = () => revoke(server.value, held.login().refreshToken).catch(() => false);
  const me = await connect({ ...deps, logins: held.file }, origin)
    .call('showMe')
    .catch(async (error) => {
      await giveBack();
      throw error;
    });
  if (!me.ok) {
    await giveBack();
    const what = `${origin} gave tokens and does not take them: ${me.error.code}.`;
    return because({ what }, EXIT.failed);
  }
  if (!isCalled(me.value, person)) {
    await giveBack();
    return because(someoneElse(me.value, origin, person, SIGN_OUT), EXIT.refused);
  }
  const kept = deps.logins.set(origin, held.login());
  if (!kept.ok) {
    await giveBack();
    return because(kept.error, EXIT.unavailable);
  }
  if (before.value !== undefined) {
    await revoke(server.value, before.value.refreshToken).catch(() => false);
  }
  return me;
}

/** Whether it is who was named, if anybody was: by what they sign in as, or by their id. */
export function isCalled({ identifier, id }: Me, person: string | undefined): boolean {
  if (person === undefined) return true;
  const typed = person.trim().toLowerCase();
  return typed === identifier.toLowerCase() || typed === id;
}

/** With what is to be done, which is another thing where they signed in before. */
export const someoneElse = (
  { identifier }: Me,
  origin: string,
  person: string | undefined,
  mend: string,
): Problem => ({
  what: `At ${origin} this is ${identifier}, and not ${person}. It was not used.`,
  mend,
});

/** Nothing is in the file until it is known whose it is. What it is by then may have been renewed meanwhile. */
function heldInMemory(signedIn: Login): { readonly file: LoginFile; login(): Login } {
  let now: Login | undefined = signedIn;
  const file: LoginFile = {
    path: '',
    all: () => ok<ReadonlyMap<string, Login>>(new Map()),
    get: () => ok(now),
    set(_origin, next) {
      now = next;
      return ok(undefined);
    },
  };
  return { file, login: () => now ?? signedIn };
}
