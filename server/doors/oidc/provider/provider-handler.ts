/**
 * Everything of `/oidc/*` that people's sign-ins need. A request comes in here, is read once, its client is judged by the
 * gate (client-proof.ts), and then oidc-provider answers it as it is wired in provider.ts.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type Provider from 'oidc-provider';
import { createCsrfTokens } from '../../../http/csrf.ts';
import { type Params, readEvidence } from './client-proof.ts';
import { createInteractions } from './interaction.ts';
import { createProvider } from './provider.ts';
import type { ProviderDeps } from './provider-deps.ts';
import { keysMark } from './provider-keys.ts';
import { readParams } from './read-params.ts';

export type { ProviderDeps } from './provider-deps.ts';

export type ProviderHandler = (request: IncomingMessage, response: ServerResponse) => void;

const PREFIX = '/oidc';
const INTERACTION = `${PREFIX}/interaction/`;
/** Where clients come themselves, and show who they are. */
const CLIENTS_OWN = new Set(
  ['token', 'par', 'introspect', 'revoke', 'device/authorize', 'ciba'].map(
    (route) => `${PREFIX}/${route}`,
  ),
);

export function createProviderHandler(deps: ProviderDeps): ProviderHandler {
  const proven = new WeakMap<object, string>();
  const csrf = createCsrfTokens(deps.key);
  const interactions = createInteractions({ deps, csrf });
  let current: { readonly mark: string; readonly provider: Provider } | undefined;

  /** Made anew when the keys change: it holds nothing that would be lost. */
  async function provider(): Promise<Provider> {
    const { signing } = deps;
    await signing.ready();
    if (current === undefined) await signing.ready('RS256');
    const mark = `${deps.issuer()} ${keysMark(signing)}`;
    if (current?.mark !== mark) current = { mark, provider: createProvider(deps, { proven }) };
    return current.provider;
  }

  async function proves(
    request: IncomingMessage,
    response: ServerResponse,
    params: Params,
  ): Promise<Params | undefined> {
    const read = readEvidence(request, params, deps.certificateOf(request));
    if (!read.ok) return refuse(response, 400, 'invalid_request');
    const { evidence, rest } = read;
    if (evidence === undefined) return rest;
    const answer = await deps.proveClient(
      evidence.claimed,
      evidence.offers,
      deps.arrivalOf(request),
    );
    if (answer.state === 'refused') {
      const basic = request.headers.authorization !== undefined;
      if (basic) response.setHeader('www-authenticate', `Basic realm="${deps.issuer()}"`);
      return refuse(response, 401, 'invalid_client', answer.retryAt);
    }
    proven.set(request, answer.client);
    delete request.headers.authorization;
    return { ...rest, client_id: answer.client };
  }

  function refuse(
    response: ServerResponse,
    status: number,
    error: string,
    retryAt?: number,
  ): undefined {
    if (retryAt !== undefined) {
      const wait = Math.max(1, Math.ceil((retryAt - deps.clock.now()) / 1000));
      response.setHeader('retry-after', String(wait));
    }
    response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    response.end(JSON.stringify({ error }));
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const target = request.url ?? '';
    const [path = ''] = target.split('?');
    const posted = request.method === 'POST';
    const params = posted ? await readParams(request) : {};
    if (params === undefined) return refuse(response, 400, 'invalid_request');
    const at = await provider();
    if (path.startsWith(INTERACTION)) {
      const single = Object.entries(params).filter(([, value]) => typeof value === 'string');
      const form = Object.fromEntries(single) as Record<string, string>; // Those that are no lists.
      return interactions(at, request, response, posted ? form : undefined);
    }
    let body: Params = params;
    if (posted && CLIENTS_OWN.has(path)) {
      const rest = await proves(request, response, params);
      if (rest === undefined) return;
      body = rest;
    }
    const { protocol, host } = new URL(deps.issuer());
    request.headers['x-forwarded-proto'] = protocol.slice(0, -1);
    request.headers['x-forwarded-host'] = host;
    Object.assign(request, { originalUrl: target, url: target.slice(PREFIX.length), body });
    await at.callback()(request, response);
  }

  return (request, response) => {
    handle(request, response).catch((fault: unknown) => {
      deps.report(fault);
      if (!response.headersSent) refuse(response, 500, 'server_error');
      else response.destroy();
    });
  };
}
