/** Signs in at a server and keeps the login: what `login` does, and what a command does that can't go on without one. */
import { failed, ok, type Result } from '../../kernel/result.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import type { Problem } from '../terminal/output.ts';
import type { ConnectionDeps } from './connection.ts';
import { makeKey } from './dpop-signer.ts';
import { signIn, type Wanted } from './sign-in.ts';
import { discover, revoke } from './token-requests.ts';

export interface NotSignedIn {
  readonly problem: Problem;
  readonly exit: ExitCode;
}

export async function loginAt(
  deps: ConnectionDeps,
  origin: string,
  wanted: Pick<Wanted, 'maxAge'> = {},
): Promise<Result<void, NotSignedIn>> {
  const because = (problem: Problem, exit: ExitCode) => failed({ problem, exit });
  // Before anyone signs in for nothing.
  const before = deps.logins.get(origin);
  if (!before.ok) return because(before.error, EXIT.unavailable);
  const server = await discover(origin);
  if (!server.ok) return because(server.error, EXIT.unavailable);
  const signedIn = await signIn(deps, { server: server.value, key: makeKey(), ...wanted });
  if (!signedIn.ok) return because(signedIn.error, EXIT.refused);
  const kept = deps.logins.set(origin, signedIn.value);
  if (!kept.ok) {
    await revoke(server.value, signedIn.value.refreshToken).catch(() => false);
    return because(kept.error, EXIT.unavailable);
  }
  if (before.value !== undefined) {
    await revoke(server.value, before.value.refreshToken).catch(() => false);
  }
  return ok(undefined);
}
