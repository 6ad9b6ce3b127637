/**
 * Everything of `/oidc/*` that people's sign-ins need. A request comes in here, is read once, its client is judged by the
 * gate (client-proof.ts), and then oidc-provider answers it as it is wired in provider.ts.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { proofKinds } from '@sallyport/contract/proofs.ts';
import type Provider from 'oidc-provider';
import { createCookieJar } from '../../../http/cookies.ts';
import { createCsrfTokens } from '../../../http/csrf.ts';
import type { Pair } from '../../../http/form.ts';
import { secondsUntil } from '../../../kernel/clock.ts';
import { ok } from '../../../kernel/result.ts';
import { type Form, NO_FORM } from '../form.ts';
import { errorHeaders, errorText, type OAuthErrorCode, type Scheme } from '../oauth-answer.ts';
import type { Came, ProviderHalf } from '../oidc-door.ts';
import { createAgain } from './again.ts';
import { readEvidence } from './client-proof.ts';
import { createInteractions } from './interaction.ts';
import { keysMark } from './keys-mark.ts';
import { providerMetadata } from './metadata.ts';
import { ledOnTo } from './posted-request.ts';
import { isCostly, isForLater } from './proof-times.ts';
import type { CameBy, ProviderDeps } from './provider-deps.ts';
import { isLikeProviderPath, isProviderPath } from './provider-paths.ts';
import { isModest, readParams, refill } from './read-params.ts';
import { createReadSigned } from './signed-request.ts';

export type { ProviderDeps } from './provider-deps.ts';

const PREFIX = '/oidc';
const DEVICE = `${PREFIX}/device`;
const INTERACTION = `${PREFIX}/interaction/`;
/** Where clients come themselves, and show who they are. */
const CLIENTS_OWN = new Set(
  ['token', 'par', 'revoke', 'device/authorize', 'ciba'].map((route) => `${PREFIX}/${route}`),
);
const AUTHORIZE = `${PREFIX}/auth`;
const PUSH = `${PREFIX}/par`;
const CIBA = `${PREFIX}/ciba`;
const USERINFO = `${PREFIX}/userinfo`;
/** What anyone may ask for, and what stays as a row for a while. */
const LEAVES_A_ROW = new Set([
  AUTHORIZE,
  ...['par', 'device/authorize', 'ciba'].map((route) => `${PREFIX}/${route}`),
]);
const LOGOUT = `${PREFIX}/logout`;
/** What asks with a form, and remembers it for that browser: as good as a row that anyone may leave, where nobody is signed in. */
const REMEMBERS_A_FORM = new Set([DEVICE, LOGOUT]);
/** Where people are told on a page what clients are told in their own words. */
const ON_PAGES = new Set([AUTHORIZE, DEVICE, LOGOUT]);
/** Codes, tokens and handles that oidc-provider makes: 256 bits, and no word of ours before them. */
const THEIRS = /^[A-Za-z0-9_-]{43}$/;

export function createProviderHandler(deps: ProviderDeps): ProviderHalf {
  const { apps, signing, clock, report } = deps;
  const came = new WeakMap<object, Came>();
  const proven = new WeakMap<object, string>();
  const jar = createCookieJar(deps.secure);
  const cookieOf = (request: IncomingMessage, name: Parameters<typeof jar.set>[0]) => {
    const read = jar.read(request.headers.cookie);
    return read.ok ? read.value.get(name) || undefined : undefined;
  };
  const cameOf = (request: IncomingMessage) => {
    const known = came.get(request);
    if (known === undefined) throw new TypeError('a request that no door handed on');
    return known;
  };
  const requests: CameBy = {
    arrivalOf: (request) => ({
      ...cameOf(request).arrival,
      keyProof: cookieOf(request, 'key'),
      carries: proofKinds, // On the pages where they are asked for them.
    }),
    sessionOf: (request) => cookieOf(request, 'session'),
    certificateOf: (request) => cameOf(request).certificate,
    provenBy: (request) => proven.get(request),
    forgetSession: jar.clear('session'),
  };
  const csrf = createCsrfTokens(deps.key);
  const again = createAgain(deps.secure);
  const readSigned = createReadSigned(deps, requests);
  const interactions = createInteractions({ deps, requests, csrf, again });
  let current: { readonly mark: string; readonly provider: Provider } | undefined;

  /** Made anew when the keys change: it holds nothing that would be lost. */
  async function provider(): Promise<Provider> {
    await signing.ready();
    if (current === undefined) await signing.ready('RS256');
    const mark = `${deps.issuer()} ${keysMark(signing)}`;
    if (current?.mark !== mark) {
      // Read when the first of these requests comes: it takes 15 MiB, which a house without applications never needs.
      const { createProvider } = await import('./provider.ts');
      current = { mark, provider: createProvider(deps, requests, again) };
    }
    return current.provider;
  }

  function refuse(
    response: ServerResponse,
    status: number,
    error: OAuthErrorCode,
    { retryAt, scheme }: { retryAt?: number | undefined; scheme?: Scheme } = {},
  ): undefined {
    response.writeHead(status, errorHeaders({ error, status, retryAt }, scheme, clock.now()));
    response.end(errorText(error));
  }

  /** People are told on a page, clients in their own words. */
  function tooMuch(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    retryAt?: number,
  ): undefined {
    const [status, error] =
      retryAt === undefined
        ? ([path === PUSH ? 413 : 400, 'invalid_request'] as const) // RFC 9126 §2.3.
        : ([429, 'temporarily_unavailable'] as const);
    if (!ON_PAGES.has(path)) return refuse(response, status, error, { retryAt });
    const { request: id } = requests.arrivalOf(request);
    if (retryAt !== undefined) {
      response.setHeader('retry-after', String(secondsUntil(retryAt, clock.now())));
    }
    response.writeHead(status, { ...deps.pages.headers, 'cache-control': 'no-store' });
    response.end(deps.pages.error({ error, detail: undefined, request: id }));
  }

  async function isSignedIn(request: IncomingMessage): Promise<boolean> {
    const session = requests.sessionOf(request);
    if (session === undefined) return false;
    return (await apps.whoIs(session, requests.arrivalOf(request))) !== undefined;
  }

  /** What is left of a client's request once it was shown who it is; undefined when it was answered already. */
  async function proves(
    request: IncomingMessage,
    response: ServerResponse,
    form: Form,
  ): Promise<readonly Pair[] | undefined> {
    const read = readEvidence(request, form, requests.certificateOf(request));
    if (!read.ok) {
      await deps.refusedRequest('credentials', requests.arrivalOf(request));
      return refuse(response, 400, 'invalid_request');
    }
    const { presented, rest } = read.value;
    // Who shows nothing is a public client or nobody: oidc-provider refuses those that ought to have.
    if (presented.offers.length === 0) return rest;
    const answer = await apps.prove(presented, requests.arrivalOf(request));
    if (answer.state === 'refused') {
      const scheme = presented.basic ? 'Basic' : undefined;
      const { reason, retryAt } = answer;
      if (reason === 'unavailable') return refuse(response, 500, 'server_error');
      if (reason !== 'throttled' && reason !== 'busy') {
        return refuse(response, 401, 'invalid_client', { scheme });
      }
      const status = reason === 'throttled' ? 429 : 503;
      return refuse(response, status, 'temporarily_unavailable', { retryAt });
    }
    proven.set(request, answer.app);
    delete request.headers.authorization;
    return [...rest.filter(([name]) => name !== 'client_id'), ['client_id', answer.app]];
  }

  /** The form that came; undefined when it was answered already. */
  async function formIn(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
  ): Promise<Form | undefined> {
    const posted = request.method === 'POST';
    const before = cameOf(request).form ?? (posted ? undefined : NO_FORM);
    // What leaves a row can be for several APIs, and all else for one (form.ts).
    const several = LEAVES_A_ROW.has(path) ? 'several' : 'once';
    const read = before === undefined ? await readParams(request, several) : ok(before);
    if (!read.ok && read.error === 'gone') return undefined;
    // What is left of it on the connection is no next request.
    if (!read.ok && read.error === 'too-large') response.setHeader('connection', 'close');
    if (posted && path === AUTHORIZE) {
      const location = ledOnTo(request.url ?? '', read.ok ? read.value.pairs : undefined);
      if (location === undefined) return tooMuch(request, response, path);
      response.writeHead(303, { location, 'cache-control': 'no-store' });
      response.end();
      return undefined;
    }
    if (read.ok) return read.value;
    if (CLIENTS_OWN.has(path)) {
      await deps.refusedRequest('request', requests.arrivalOf(request));
    }
    return refuse(response, read.error === 'too-large' ? 413 : 400, 'invalid_request');
  }

  /** Whether what it would leave with us is no more than an honest request does, and has a place; where not, it was answered. */
  async function hasPlace(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    asked: Iterable<Pair>,
  ): Promise<boolean> {
    const remembers = REMEMBERS_A_FORM.has(path);
    if (!LEAVES_A_ROW.has(path) && !remembers) return true;
    if (!isModest(asked)) {
      tooMuch(request, response, path);
      return false;
    }
    const isKnown = proven.has(request) || (remembers && (await isSignedIn(request)));
    const retryAt = isKnown ? undefined : apps.place(requests.arrivalOf(request));
    if (retryAt !== undefined) tooMuch(request, response, path, retryAt);
    return retryAt === undefined;
  }

  /** As oidc-provider reads it: below its own prefix, and by the address that people come to. */
  async function handOver(
    at: Provider,
    request: IncomingMessage,
    response: ServerResponse,
    called: string,
  ): Promise<void> {
    const { protocol, host } = new URL(deps.issuer());
    request.headers['x-forwarded-proto'] = protocol.slice(0, -1);
    request.headers['x-forwarded-host'] = host;
    Object.assign(request, { originalUrl: called, url: called.slice(PREFIX.length) });
    await at.callback()(request, response);
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const target = request.url ?? '';
    const [path = ''] = target.split('?');
    const posted = request.method === 'POST';
    // All that follows goes by the path as it stands, and oidc-provider takes others for the same.
    if (!isProviderPath(path) || target.includes('#')) {
      if (isLikeProviderPath(path))
        await deps.refusedRequest('request', requests.arrivalOf(request));
      return refuse(response, 404, 'invalid_request');
    }
    // Whether a page of another origin may ask (Fetch §3.3): what is asked then carries nobody's proof.
    const preflight =
      request.method === 'OPTIONS' &&
      request.headers['access-control-request-method'] !== undefined;
    if (!posted && !preflight && CLIENTS_OWN.has(path)) {
      response.setHeader('allow', 'POST');
      return refuse(response, 405, 'invalid_request');
    }
    const form = await formIn(request, response, path);
    if (form === undefined) return;
    const { dpop } = request.headers;
    if (typeof dpop === 'string' && (isCostly(dpop) || isForLater(dpop, clock.now()))) {
      await deps.refusedRequest('proof-of-possession', requests.arrivalOf(request));
      const atUserinfo = path === USERINFO;
      return refuse(response, atUserinfo ? 401 : 400, 'invalid_dpop_proof', { scheme: 'DPoP' });
    }
    const at = await provider();
    if (path.startsWith(INTERACTION)) {
      return interactions(at, request, response, posted ? form : undefined);
    }
    if (path === DEVICE && requests.sessionOf(request) === undefined) {
      // Codes are typed by people who are known: nobody else has a guess at them.
      response.writeHead(303, { location: `/signin/enter?to=${encodeURIComponent(DEVICE)}` });
      return void response.end();
    }
    const typing = path === DEVICE && posted ? requests.sessionOf(request) : undefined;
    if (typing !== undefined) {
      const retryAt = await apps.deviceCodes.typed(typing, requests.arrivalOf(request));
      if (retryAt !== undefined) return tooMuch(request, response, path, retryAt);
    }
    let body = form.pairs;
    if (posted && CLIENTS_OWN.has(path)) {
      const rest = await proves(request, response, form);
      if (rest === undefined) return;
      body = rest;
    }
    if (posted && path === CIBA && deps.ciba) {
      const said = await readSigned(request, body);
      if (!said.ok) {
        const { status, error, retryAt } = said.error;
        return refuse(response, status, error, { retryAt });
      }
      body = said.value;
    }
    const asked = posted ? body : new URLSearchParams(target.slice(path.length + 1));
    if (!preflight && !(await hasPlace(request, response, path, asked))) return;
    if (posted) refill(request, body);
    // A link that brings the code along is how people are led to let others in (RFC 8628 §5.4).
    await handOver(at, request, response, path === DEVICE ? path : target);
  }

  return {
    knows: (token) => THEIRS.test(token),
    metadata: () => providerMetadata(deps.issuer(), deps),
    handle(request, response, how) {
      came.set(request, how);
      handle(request, response).catch((fault: unknown) => {
        report(fault);
        if (response.headersSent) response.destroy();
        else refuse(response, 500, 'server_error');
      });
    },
  };
}
