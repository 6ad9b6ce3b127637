/**
 * A server's API, as whoever signed in with `./sallyport login` may use it. Each call shows the key of the login; tokens that are
 * over are renewed, and where the policy wants a proof again, the browser is opened for that and the call is made once more.
 */

import type { Operation } from '@sallyport/contract/api/operation.ts';
import {
  API_PREFIX,
  type OperationName,
  type Operations,
  operations,
} from '@sallyport/contract/api/operations.ts';
import type { ProblemCode } from '@sallyport/contract/problems.ts';
import type { z } from 'zod';
import { SECOND } from '../../kernel/clock.ts';
import { Fault } from '../../kernel/fault.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import { Ended, EXIT, type ExitCode } from '../terminal/exit.ts';
import type { Output, Problem } from '../terminal/output.ts';
import { createDpopSigner, type DpopSigner } from './dpop-signer.ts';
import type { Login, LoginFile } from './login-file.ts';
import { type SignInDeps, signIn } from './sign-in.ts';
import { askTokens, discover, reach, revoke, type Server, unreachable } from './token-requests.ts';

/** What went wrong with a call, in the API's own words. */
export interface Refused {
  /** `not-here`: it can be asked for on the machine itself alone. */
  readonly code: ProblemCode | 'not-here';
  readonly members: Readonly<Record<string, unknown>>;
}

type DeepReadonly<T> = T extends readonly (infer E)[]
  ? readonly DeepReadonly<E>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

type In<S> = S extends z.ZodType ? z.input<S> : undefined;
type Out<O extends Operation> = O['answer'] extends { readonly body: infer B extends z.ZodType }
  ? DeepReadonly<z.output<B>>
  : undefined;

export type AnswerOf<N extends OperationName> = Out<Operations[N]>;

export interface Sent<O extends Operation> {
  readonly params?: In<O['params']>;
  readonly query?: In<O['query']>;
  readonly body?: In<O['body']>;
}

export interface Connection {
  readonly origin: string;
  call<N extends OperationName>(
    name: N,
    sent?: Sent<Operations[N]>,
  ): Promise<Result<Out<Operations[N]>, Refused>>;
  /** An answer in lines, and where it goes on: a path below the API's. */
  lines(
    path: string,
  ): Promise<Result<{ text: AsyncIterable<string>; next: string | undefined }, Refused>>;
  /** What anyone may fetch there. */
  file(path: string): Promise<Result<Uint8Array, Refused>>;
}

export interface ConnectionDeps extends SignInDeps {
  readonly output: Output;
  /** Whether somebody is there to show a fresh proof where the policy wants one (`--no-wait`). */
  readonly waits: boolean;
  readonly logins: LoginFile;
}

/** A token that ends while it is on its way is of no use. */
const AHEAD = 15 * SECOND;
/** A page of the record, and an event in it. */
const MOST_OF_LINES = 512 * 1024 * 1024;
const LONGEST_LINE = 1024 * 1024;

export function connect(deps: ConnectionDeps, origin: string): Connection {
  const { output, logins, clock } = deps;
  let signer: { readonly of: string; readonly is: DpopSigner } | undefined;
  let nonce: string | undefined;
  let server: Server | undefined;

  function end(problem: Problem, code: ExitCode): never {
    throw new Ended(code, problem);
  }

  const noLogin = (what: string) =>
    end({ what, mend: `Sign in: ./sallyport login ${origin}` }, EXIT.refused);

  function login(): Login {
    const found = logins.get(origin);
    if (!found.ok) return end(found.error, EXIT.unavailable);
    return found.value ?? noLogin(`You are not signed in at ${origin}.`);
  }

  function keep(next: Login | undefined): void {
    const kept = logins.set(origin, next);
    if (!kept.ok) end(kept.error, EXIT.unavailable);
  }

  function signerOf({ key }: Login): DpopSigner {
    if (signer?.of !== key.d) signer = { of: key.d, is: createDpopSigner(deps, key) };
    return signer.is;
  }

  async function at(): Promise<Server> {
    if (server !== undefined) return server;
    const found = await discover(origin);
    if (!found.ok) return end(found.error, EXIT.unavailable);
    server = found.value;
    return server;
  }

  async function renewed(old: Login): Promise<Login> {
    const asking = { server: await at(), signer: signerOf(old), key: old.key, clock };
    const asked = await askTokens(asking, {
      grant_type: 'refresh_token',
      refresh_token: old.refreshToken,
    });
    // Another command of this person may have kept what it got meanwhile, or signed out: that counts.
    const now = login();
    if (now.refreshToken !== old.refreshToken) return now;
    if (asked.ok) {
      keep(asked.value);
      return asked.value;
    }
    if (asked.error.error !== 'invalid_grant') {
      return end({ what: `${origin} gave no new token: ${asked.error.error}.` }, EXIT.unavailable);
    }
    keep(undefined);
    return noLogin(`Your sign-in at ${origin} is over.`);
  }

  async function send(
    { accessToken, ...rest }: Login,
    method: string,
    url: string,
    body: unknown,
    most: number | undefined,
  ): Promise<Response> {
    const is = signerOf({ accessToken, ...rest });
    for (let again = false; ; again = true) {
      const init = {
        method,
        headers: {
          authorization: `DPoP ${accessToken}`,
          dpop: is.proof({ method, url, token: accessToken, nonce }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      };
      const response = await reach(url, init, most);
      nonce = response.headers.get('dpop-nonce') ?? nonce;
      if (again || errorIn(response) !== 'use_dpop_nonce') return response;
      await response.body?.cancel();
    }
  }

  /** Once with what there is, again with new tokens, and again after a proof, each at most once. */
  async function request(
    method: string,
    path: string,
    body: unknown,
    what: string,
    most?: number,
  ): Promise<Result<Response, Refused>> {
    const url = `${origin}${API_PREFIX}${path}`;
    let [fresh, proven] = [false, false];
    let now = login();
    for (;;) {
      if (now.expiresAt <= clock.now() + AHEAD && !fresh) {
        now = await renewed(now);
        fresh = true;
      }
      const response = await send(now, method, url, body, most);
      if (response.ok) return ok(response);
      if (response.status === 401) {
        const error = errorIn(response);
        if (error === 'invalid_dpop_proof') {
          const mend = 'Look at the clocks of both computers: they may differ by half a minute.';
          return end(
            { what: `${origin} does not take the proof of this login’s key.`, mend },
            EXIT.refused,
          );
        }
        if (fresh) return noLogin(`Your sign-in at ${origin} is over.`);
        await response.body?.cancel();
        now = await renewed(now);
        fresh = true;
        continue;
      }
      const problem = await problemIn(origin, response);
      if (problem.code !== 'fresh-proof-needed' || proven) return failed(problem);
      now = await stepUp(now, problem, what);
      [fresh, proven] = [true, true];
    }
  }

  async function stepUp(old: Login, { members }: Refused, what: string): Promise<Login> {
    const { kinds } = members;
    // Where nothing else would do than what can't be phished, that is what is asked for.
    const strong = Array.isArray(kinds) && kinds.every((kind) => kind === 'webauthn');
    if (!deps.waits) {
      return end(
        {
          what: `The policy wants a fresh proof from you for this (${what}), and --no-wait waits for none. That was not done.`,
          mend: 'Run it without --no-wait, and show the proof in the browser.',
          data: { code: 'fresh-proof-needed' },
        },
        EXIT.refused,
      );
    }
    output.notice(
      `The policy wants a fresh proof from you for this (${what}). Show it in the browser.`,
    );
    const wanted = {
      server: await at(),
      key: old.key,
      stepUp: { acr: strong ? 'phr' : undefined },
    };
    const done = await signIn(deps, wanted);
    if (!done.ok) return end(done.error, EXIT.refused);
    if (subjectOf(done.value) !== subjectOf(old)) {
      await revoke(wanted.server, done.value.refreshToken).catch(() => false);
      const what = 'Somebody else is signed in in that browser than here, so this was not done.';
      return end({ what, mend: 'Sign out there first, or sign in here as them.' }, EXIT.refused);
    }
    keep(done.value);
    // What the old tokens stood for would only lie about in the person's list of applications.
    await revoke(wanted.server, old.refreshToken).catch(() => false);
    return done.value;
  }

  const onFault = (error: unknown): never => {
    if (error instanceof Ended || error instanceof Fault) throw error;
    return end(unreachable(origin, error), EXIT.unavailable);
  };

  return {
    origin,

    async call(name, { params, query, body } = {}) {
      const operation: Operation = operations[name];
      const place = operation.path.replaceAll(/\{(\w+)\}/g, (_, part: string) =>
        encodeURIComponent((params as Record<string, string> | undefined)?.[part] ?? ''),
      );
      const path = place + queryOf(query as Record<string, unknown> | undefined);
      const what = operation.summary.replace(/^[A-Z](?![A-Z])/, (first) => first.toLowerCase());
      const answer = await request(operation.method, path, body, what).catch(onFault);
      if (!answer.ok) return answer;
      const schema = operation.answer.body;
      const text = await answer.value.text().catch(onFault);
      const read = schema?.safeParse(JSON.parse(text || 'null'));
      if (read !== undefined && !read.success) {
        const mend = 'It may be older or newer than this command. Use the one that came with it.';
        return end({ what: `${origin} answered what is not understood here.`, mend }, EXIT.failed);
      }
      return ok(read?.data as Out<Operations[typeof name]>); // As the operation's own schema read it.
    },

    async lines(path) {
      const answer = await request(
        'GET',
        path,
        undefined,
        'take out the record',
        MOST_OF_LINES,
      ).catch(onFault);
      if (!answer.ok) return answer;
      const link = /^<([^>]+)>; rel="next"$/.exec(answer.value.headers.get('link') ?? '')?.[1];
      const next = link?.startsWith(API_PREFIX) ? link.slice(API_PREFIX.length) : undefined;
      return ok({ text: linesOf(answer.value, onFault), next });
    },

    async file(path) {
      const response = await reach(`${origin}${path}`).catch(onFault);
      if (!response.ok) return failed({ code: 'unavailable', members: {} });
      return ok(new Uint8Array(await response.arrayBuffer().catch(onFault)));
    },
  };
}

/** Whose it is, as the server says in it (RFC 9068 §2.2): the token itself is checked where it is used. */
function subjectOf({ accessToken }: Login): unknown {
  const [, claims = ''] = accessToken.split('.');
  return JSON.parse(Buffer.from(claims, 'base64url').toString()).sub;
}

function queryOf(query: Readonly<Record<string, unknown>> | undefined): string {
  const pairs = Object.entries(query ?? {}).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [value].flat().map((each) => [name, String(each)]),
  );
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs)}`;
}

/** RFC 9449 §7.1, RFC 6750 §3. */
function errorIn({ headers }: Response): string | undefined {
  return /error="([a-z_]+)"/.exec(headers.get('www-authenticate') ?? '')?.[1];
}

async function problemIn(origin: string, response: Response): Promise<Refused> {
  const told = (await response.json().catch(() => undefined)) as
    | Record<string, unknown>
    | undefined;
  if (typeof told?.code !== 'string') {
    throw new TypeError(`${origin} answered ${response.status} without a word of why`);
  }
  const { code, ...members } = told;
  return { code: code as ProblemCode, members }; // One that is new to us is told as it stands.
}

async function* linesOf(
  { body }: Response,
  onFault: (error: unknown) => never,
): AsyncIterable<string> {
  let rest = '';
  const decoder = new TextDecoder();
  const parts = body?.getReader();
  for (;;) {
    // It may end on the way, too.
    const part = await parts?.read().catch(onFault);
    if (part === undefined || part.done) break;
    rest += decoder.decode(part.value, { stream: true });
    const whole = rest.split('\n');
    rest = whole.pop() ?? '';
    if (rest.length > LONGEST_LINE) onFault(new RangeError('a line of it has no end'));
    yield* whole;
  }
  if (rest !== '') yield rest;
}
