/**
 * What happens between an authorization request and its answer: the person signs in, steps up or says yes, and comes back.
 * An interaction belongs to the browser that began it, by a cookie for its path alone.
 *
 *     GET  /oidc/interaction/<uid>          to the web door's pages, or the question whether they agree
 *     GET  /oidc/interaction/<uid>/done     back from there; `?as-is` of whoever has no more to show
 *     POST /oidc/interaction/<uid>          yes or no
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type Provider from 'oidc-provider';
import type { Application } from '../../../gate/use-cases/apps/app-words.ts';
import type { ConsentData } from '../../../http/app-pages.ts';
import type { CsrfTokens } from '../../../http/csrf.ts';
import { startedFrom } from '../../../http/csrf.ts';
import { parseId } from '../../../kernel/id.ts';
import type { Form } from '../form.ts';
import type { Again } from './again.ts';
import { homeOf, isAnyones } from './clients.ts';
import type { Answered } from './entry-policy.ts';
import type { CameBy, ProviderDeps } from './provider-deps.ts';

type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>;

export interface InteractionParts {
  readonly deps: ProviderDeps;
  readonly requests: CameBy;
  readonly csrf: CsrfTokens;
  readonly again: Again;
}

/** Of a question to show proofs, as entry-policy.ts tells it. */
interface Details {
  readonly since?: number;
  readonly times?: number;
}

/** To sign in, for what policy asks, for what the application asks: more is a circle. */
const MOST_TIMES = 3;
const PATH = /^\/oidc\/interaction\/([A-Za-z0-9_-]{1,64})(\/done)?$/;

export type HandleInteraction = (
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
  form: Form | undefined,
) => Promise<void>;

export function createInteractions({
  deps,
  requests,
  csrf,
  again,
}: InteractionParts): HandleInteraction {
  const { apps, pages } = deps;
  const { sessionOf, arrivalOf } = requests;

  function show(response: ServerResponse, status: number, page: string): void {
    response.writeHead(status, { ...pages.headers, 'cache-control': 'no-store' });
    response.end(page);
  }

  function go(response: ServerResponse, location: string): void {
    // 303: whatever the request was, the next one is a GET (RFC 9110 §15.4.4).
    response.writeHead(303, { location, 'cache-control': 'no-store' });
    response.end();
  }

  function lost(request: IncomingMessage, response: ServerResponse): void {
    const { request: id } = arrivalOf(request);
    show(response, 400, pages.error({ error: 'invalid_request', detail: undefined, request: id }));
  }

  /** We keep it no more: the application's request is made again, or its person led back there. */
  async function over(
    request: IncomingMessage,
    response: ServerResponse,
    uid: string,
  ): Promise<void> {
    const kept = again.read(request.headers.cookie);
    if (kept?.query !== undefined) {
      response.setHeader('set-cookie', again.forget(uid));
      return go(response, `/oidc/auth?${kept.query}`);
    }
    const app = kept && (await apps.application(kept.app));
    show(response, 400, pages.over({ app: app && { title: app.title, home: homeOf(app) } }));
  }

  /** To the web door, which asks for whatever is missing and leads back. */
  function toProofs(response: ServerResponse, interaction: Interaction): void {
    const { since, acr } = interaction.prompt.details as {
      since?: number;
      acr?: readonly string[];
    };
    const query = new URLSearchParams({
      resource: String(interaction.params.client_id),
      to: `/oidc/interaction/${interaction.uid}/done`,
    });
    if (since !== undefined) query.set('since', String(since));
    if (acr !== undefined && acr.length > 0) query.set('acr', acr.join(' '));
    go(response, `/signin/enter?${query}`);
  }

  async function whoIs(session: string | undefined, request: IncomingMessage) {
    if (session === undefined) return undefined;
    return apps.whoIs(session, arrivalOf(request));
  }

  async function done(
    provider: Provider,
    request: IncomingMessage,
    response: ServerResponse,
    interaction: Interaction,
  ): Promise<void> {
    const person = await whoIs(sessionOf(request), request);
    if (person === undefined) return toProofs(response, interaction);
    await follow(provider, interaction, person.id);
    const { since, times: before = 0 } = interaction.prompt.details as Details;
    const times = before + 1;
    const last = times >= MOST_TIMES || (request.url ?? '').endsWith('?as-is');
    const answered: Answered = {
      login: { accountId: person.id, times, last, ...(since === undefined ? {} : { since }) },
    };
    go(response, await provider.interactionResult(request, response, { ...answered }));
  }

  async function ask(
    request: IncomingMessage,
    response: ServerResponse,
    interaction: Interaction,
  ): Promise<void> {
    const session = sessionOf(request);
    const person = await whoIs(session, request);
    const app = await apps.application(String(interaction.params.client_id));
    if (session === undefined || person === undefined) return toProofs(response, interaction);
    if (app === undefined) return lost(request, response);
    const asked = askedBy(interaction);
    const may = [];
    for (const { audience, scopes } of asked.apis) {
      const api = await apps.api(audience);
      if (api === undefined) continue;
      const says = api.scopes.filter(({ name }) => scopes.includes(name)).map(({ says }) => says);
      may.push({ api: api.title, says });
    }
    const redirect = String(interaction.params.redirect_uri ?? '');
    show(
      response,
      200,
      pages.consent({
        app: app.title,
        asker: askerOf(app, redirect, apps.commandLine),
        host: URL.parse(redirect)?.host ?? redirect,
        person: person.displayName,
        scopes: asked.scopes,
        may,
        action: `/oidc/interaction/${interaction.uid}`,
        csrf: csrf.issue({ session }),
      }),
    );
  }

  async function answer(
    provider: Provider,
    request: IncomingMessage,
    response: ServerResponse,
    interaction: Interaction,
    form: Form | undefined,
  ): Promise<void> {
    const session = sessionOf(request);
    const person = await whoIs(session, request);
    const id = parseId<'resource'>(String(interaction.params.client_id));
    const meant =
      session !== undefined &&
      startedFrom(request.headers, new URL(deps.issuer()).origin) !== 'foreign' &&
      csrf.accepts({ session }, form?.get('csrf') ?? '');
    if (!meant || person === undefined || id === undefined) return lost(request, response);
    if (interaction.prompt.name !== 'consent') return lost(request, response);
    const arrival = arrivalOf(request);
    if (form?.get('answer') === 'yes') {
      const agreed = await apps.agree(session, { app: id, ...askedBy(interaction) }, arrival);
      if (!agreed) return lost(request, response);
      const answered: Answered = { consent: { person: person.id } };
      const to = await provider.interactionResult(request, response, { ...answered });
      return show(response, 200, pages.onward(new URL(to).pathname));
    }
    await apps.decline(session, id, arrival);
    const to = await provider.interactionResult(
      request,
      response,
      { error: 'access_denied', error_description: 'the person said no' },
      { mergeWithLastSubmission: false },
    );
    show(response, 200, pages.onward(new URL(to).pathname));
  }

  return async (provider, request, response, form) => {
    const [path = ''] = (request.url ?? '').split('?');
    const [, uid, back] = PATH.exec(path) ?? [];
    const interaction = await provider.interactionDetails(request, response).catch(() => undefined);
    if (uid === undefined) return lost(request, response);
    if (interaction?.uid !== uid) return over(request, response, uid);
    if (request.method === 'POST') {
      return answer(provider, request, response, interaction, form);
    }
    if (request.method !== 'GET') return lost(request, response);
    if (interaction.prompt.name === 'consent') return ask(request, response, interaction);
    return back === undefined
      ? toProofs(response, interaction)
      : done(provider, request, response, interaction);
  };
}

/** Someone else signed in since: what this browser's requests rest on is theirs from now on. */
async function follow(provider: Provider, interaction: Interaction, person: string): Promise<void> {
  const { session: kept } = interaction;
  if (kept?.uid === undefined || kept.accountId === person) return;
  const session = await provider.Session.findByUid(kept.uid);
  if (session === undefined) return;
  session.authorizations = {};
  session.loginAccount({ accountId: person, transient: true });
  await session.persist();
  interaction.session = { ...kept, accountId: person };
  await interaction.persist();
}

/** Who is asking, as far as the person can be told. */
function askerOf(app: Application, redirect: string, commandLine: string): ConsentData['asker'] {
  if (app.id === commandLine) return 'command line';
  if (!app.detail.firstParty) return 'others';
  // Without an address to go on to it is a device, which anyone can say that theirs is.
  return redirect === '' || isAnyones(redirect) ? 'program' : 'own';
}

/** What the application asks for, as entry-policy.ts tells it (in the details of the question). */
function askedBy(interaction: Interaction) {
  const { scopes, apis } = interaction.prompt.details as {
    scopes?: string[];
    apis?: { audience: string; scopes: string[] }[];
  };
  return { scopes: scopes ?? [], apis: apis ?? [] };
}
