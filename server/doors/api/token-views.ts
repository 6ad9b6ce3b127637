/** Tokens for scripts as they are told to clients. The command line on the machine itself tells the same. */
import type { KeyReused } from '../../gate/once/once.ts';
import type { IssuedToken, TokenError } from '../../gate/use-cases/people/tokens.ts';
import { MINUTE } from '../../kernel/clock.ts';
import { Told } from './told.ts';
import { time } from './views.ts';

export function issuedToken({ id, token, expiresAt }: IssuedToken) {
  return { id, token, expiresAt: time(expiresAt) };
}

export function tokenProblem(error: TokenError | KeyReused): Told {
  switch (error.code) {
    case 'unknown-scope':
      return new Told('scope-unknown', { scope: error.scope });
    case 'too-long-lived':
      return new Told('token-too-long-lived', { longestMinutes: error.longest / MINUTE });
    default:
      return new Told(error.code);
  }
}
