/**
 * Signing in at the command line (RFC 8252): the person's own browser goes to the server, they show who they are there, and it
 * comes back to a port of this computer with a code. The code is worth something only together with a secret of this process
 * (PKCE, RFC 7636) and the key that was named when it was asked for (`dpop_jkt`, RFC 9449 §10).
 */
import { hash } from 'node:crypto';
import { base64url } from '../../kernel/bytes.ts';
import { type Clock, MINUTE } from '../../kernel/clock.ts';
import type { Random } from '../../kernel/random.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import { ACT_AS_ME, COMMAND_LINE, LOOPBACK_PATH, ownAudience } from '../../subjects/built-in.ts';
import type { Problem } from '../terminal/output.ts';
import { createDpopSigner, type PrivateJwk } from './dpop-signer.ts';
import type { Login } from './login-file.ts';
import { type Loopback, listenOnLoopback } from './loopback.ts';
import { askTokens, type Server } from './token-requests.ts';
import type { IsOwn } from './whose-connection.ts';

export const PATIENCE = 5 * MINUTE;

export interface SignInDeps {
  readonly clock: Clock;
  readonly random: Random;
  /** Shows the address to the person, and opens it where it can. */
  readonly show: (address: string, wanted: 'sign in' | 'show it') => Promise<void>;
  readonly isOwn: IsOwn;
  /** Resolves when the person gives up, or should have come back long ago. */
  readonly givenUp: (most: number) => { readonly done: Promise<Why>; stop(): void };
}

export type Why = 'late' | 'stopped';

export interface Wanted {
  readonly server: Server;
  readonly key: PrivateJwk;
  /** A proof that is newer than this sign-in, and of this level where one is named (RFC 9470 §4). */
  readonly stepUp?: { readonly acr?: string | undefined } | undefined;
  /** A proof of the last so many seconds, for what will want a fresh one at once: so that nobody goes there twice. */
  readonly maxAge?: number | undefined;
}

export async function signIn(
  deps: SignInDeps,
  { server, key, stepUp, maxAge }: Wanted,
): Promise<Result<Login, Problem>> {
  const { clock, random } = deps;
  const secret = () => base64url(random.bytes(32));
  const [state, verifier] = [secret(), secret()];
  const signer = createDpopSigner(deps, key);
  const loopback = await listenOnLoopback(LOOPBACK_PATH, state, deps.isOwn);
  try {
    const address = new URL(server.authorization);
    address.search = new URLSearchParams({
      response_type: 'code',
      client_id: COMMAND_LINE,
      redirect_uri: loopback.redirectUri,
      // `openid` because levels of proof are words of OpenID Connect.
      scope: `openid ${ACT_AS_ME}`,
      resource: ownAudience(server.origin),
      state,
      code_challenge: hash('sha256', verifier, 'base64url'),
      code_challenge_method: 'S256',
      dpop_jkt: signer.thumbprint,
      ...(maxAge === undefined ? {} : { max_age: String(maxAge) }),
      ...(stepUp === undefined ? {} : { max_age: '0' }),
      ...(stepUp?.acr === undefined ? {} : { acr_values: stepUp.acr }),
    }).toString();
    await deps.show(address.href, stepUp === undefined ? 'sign in' : 'show it');
    const answer = await answerOf(deps, loopback, stepUp !== undefined);
    if (!answer.ok) return answer;
    const code = codeIn(server, answer.value);
    if (!code.ok) return code;
    const asked = await askTokens(
      { server, signer, key, clock },
      {
        grant_type: 'authorization_code',
        code: code.value,
        redirect_uri: loopback.redirectUri,
        code_verifier: verifier,
      },
    );
    if (asked.ok) return asked;
    const { error, says } = asked.error;
    return failed({
      what: `${server.origin} gave no tokens: ${says ?? error}.`,
      mend:
        error === 'invalid_dpop_proof'
          ? 'Look at the clocks of both computers: they may differ by half a minute.'
          : 'Try again.',
    });
  } finally {
    loopback.stop();
  }
}

async function answerOf(
  { givenUp }: Pick<SignInDeps, 'givenUp'>,
  { answer }: Loopback,
  isStepUp: boolean,
): Promise<Result<URLSearchParams, Problem>> {
  const waiting = givenUp(PATIENCE);
  try {
    const first = await Promise.race([answer, waiting.done]);
    if (first instanceof URLSearchParams) return ok(first);
    const came = isStepUp ? 'showed a proof' : 'signed in';
    const undone = isStepUp ? ' That was not done.' : '';
    return failed(
      first === 'late'
        ? {
            what: `Nobody ${came} for five minutes, so this is given up.${undone}`,
            mend: 'Try again.',
          }
        : { what: `You stopped it before anybody ${came}.${undone}` },
    );
  } finally {
    waiting.stop();
  }
}

function codeIn({ issuer, origin }: Server, answer: URLSearchParams): Result<string, Problem> {
  // RFC 9207 §2.4: an answer of another server is none, whatever it says.
  if (answer.get('iss') !== issuer) {
    return failed({ what: `What came back is not from ${origin}. It was not used.` });
  }
  const error = answer.get('error');
  if (error === 'access_denied') {
    return failed({ what: `You were not let in: ${answer.get('error_description') ?? error}.` });
  }
  const code = answer.get('code');
  if (error !== null || code === null) {
    const says = answer.get('error_description') ?? error ?? 'it sent no code';
    return failed({ what: `${origin} did not sign you in: ${says}.` });
  }
  return ok(code);
}
