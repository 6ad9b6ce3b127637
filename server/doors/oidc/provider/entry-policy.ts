/**
 * Who is let in, in place of oidc-provider's own decisions about login and consent. Its session with the browser holds
 * nothing but what a request needs between two pages; who the person is, and whether they may, is asked of the gate with
 * their web session, for each authorization anew.
 *
 *     entered      the request is answered, and a grant of its own is behind it
 *     challenged   sign in or step up first: interaction.ts leads there and back
 *     consent      they have to say yes first
 *     refused      the application is told access_denied
 */
import type { IncomingMessage } from 'node:http';
import { errors, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import type { Arrival } from '../../../gate/arrival.ts';
import type { Demand } from '../../../gate/demand.ts';
import type { AppEntered, AppEntry, Apps } from '../../../gate/use-cases/apps/app-words.ts';
import { type Clock, SECOND } from '../../../kernel/clock.ts';
import { parseId } from '../../../kernel/id.ts';
import { askedLevels } from './asked-levels.ts';
import { isAnyones } from './clients.ts';
import { isNamedByClaims } from './named-by-claims.ts';
import { savePersonGrant } from './person-grant.ts';
import { scopesOfClaims } from './personal-claims.ts';

const { Check, Prompt } = interactionPolicy;

export interface EntryPolicyParts {
  readonly apps: Apps;
  readonly clock: Clock;
  readonly sessionOf: (request: IncomingMessage) => string | undefined;
  readonly arrivalOf: (request: IncomingMessage) => Arrival;
  readonly accountOf: (person: string) => Promise<ReturnType<typeof Object> | undefined>;
}

/** What was answered on the way, which an interaction carries back (interaction.ts). */
export interface Answered {
  readonly login?: {
    readonly accountId: string;
    readonly since?: number | undefined;
    /** How often they came back by now, and whether they have no more to show. */
    readonly times?: number;
    readonly last?: boolean;
  };
  readonly consent?: { readonly person: string };
}

type Answer = AppEntry | { readonly state: 'nobody' };

export function createEntryPolicy(parts: EntryPolicyParts): interactionPolicy.Prompt[] {
  const { apps, clock, sessionOf, arrivalOf } = parts;
  const answers = new WeakMap<KoaContextWithOIDC, Promise<Answer>>();

  function answerFor(ctx: KoaContextWithOIDC): Promise<Answer> {
    const known = answers.get(ctx);
    if (known !== undefined) return known;
    const asked = ask(ctx);
    answers.set(ctx, asked);
    return asked;
  }

  async function ask(ctx: KoaContextWithOIDC): Promise<Answer> {
    const { oidc } = ctx;
    const { client } = oidc;
    const demand = demandOf(ctx, clock.now());
    const app = parseId<'resource'>(client?.clientId ?? '');
    const session = sessionOf(ctx.req);
    if (app === undefined || session === undefined) return { state: 'nobody' };
    if (!(await isNamed(ctx, session))) {
      throw new errors.LoginRequired('someone else is signed in than the application names');
    }
    const answered = (oidc.result ?? {}) as unknown as Answered; // Written by interaction.ts alone.
    const entry = await apps.enter(
      session,
      {
        app,
        ...askedBy(ctx),
        demand,
        askAgain:
          isAnyProgram(ctx) ||
          (askedPrompts(oidc).has('consent') && answered.consent === undefined),
        agreed: answered.consent?.person,
      },
      arrivalOf(ctx.req),
    );
    if (entry.state === 'entered') await enter(ctx, entry);
    if (entry.state !== 'challenged')
      return entry.state === 'refused' ? refuse(entry.reason) : entry;
    const silent = askedPrompts(oidc).has('none') && entry.beyond === true;
    if (answered.login?.last === true || silent) {
      // Asking once more leads round in a circle. And where nothing may be asked, that they hold no such proof is told at once.
      throw new errors.UnmetAuthenticationRequirements(
        'the person could not show what was asked for',
      );
    }
    return entry;
  }

  /** Who is named by an `id_token_hint` (OpenID Connect Core §3.1.2.1) or by `claims` (§5.5.1) is answered for, or nobody is. */
  async function isNamed({ oidc, req }: KoaContextWithOIDC, session: string): Promise<boolean> {
    const { value, values } = oidc.claims?.id_token?.sub ?? {};
    const hinted = oidc.entities.IdTokenHint?.payload.sub;
    if ([hinted, value, values].every((one) => one === undefined)) return true;
    const person = await apps.whoIs(session, arrivalOf(req));
    const app = await apps.application(oidc.client?.clientId ?? '');
    if (person === undefined || app === undefined) return true; // Nobody: they are asked to sign in.
    const sub = apps.subjectOf(app, person.id);
    return (hinted === undefined || hinted === sub) && isNamedByClaims(oidc, sub);
  }

  function refuse(reason: string): Answer {
    if (reason === 'no-session' || reason === 'unproven-key') return { state: 'nobody' };
    if (reason === 'scope')
      throw new errors.InvalidScope('the person may not have these scopes', '');
    if (reason === 'no-such-resource') throw new errors.InvalidTarget('unknown resource');
    if (reason === 'unavailable') throw new errors.TemporarilyUnavailable();
    throw new errors.AccessDenied('the rules of the organisation do not permit it');
  }

  async function enter(ctx: KoaContextWithOIDC, entered: AppEntered): Promise<void> {
    const { oidc } = ctx;
    const { provider, session, client } = oidc;
    if (session === undefined || client === undefined)
      throw new errors.InvalidRequest('no session');
    const { person, grant: id, authTime, acr, amr } = entered;
    if (session.accountId !== undefined && session.accountId !== person)
      session.authorizations = {};
    session.loginAccount({
      accountId: person,
      loginTs: authTime,
      acr,
      amr: [...amr],
      transient: true,
    });
    const account = await parts.accountOf(person);
    oidc.entity('Account', account as never); // Whatever findAccount gives.
    const { requestParamOIDCScopes: scopes, requestParamClaims: claims } = oidc;
    const asked = { client: client.clientId, scopes, claims, now: clock.now() };
    oidc.entity('Grant', await savePersonGrant(provider, entered, asked));
    session.ensureClientContainer(client.clientId);
    session.grantIdFor(client.clientId, id);
    // Each sign-in is a session of the application's, and what ends with it is the grant (app-endings.ts).
    session.sidFor(client.clientId, id);
  }

  const login = new Prompt(
    { name: 'login', requestable: true },
    // Whoever signed in on the way is asked for what is missing still.
    (ctx) => ({
      ...demandOf(ctx, clock.now()),
      times: (ctx.oidc.result as Answered | undefined)?.login?.times ?? 0, // As above.
    }),
    new Check('entry', 'the person has to sign in or to step up', 'login_required', async (ctx) => {
      if (ctx.oidc.promptPending('login')) return true;
      const { state } = await answerFor(ctx);
      return state === 'nobody' || state === 'challenged';
    }),
  );
  const consent = new Prompt(
    { name: 'consent', requestable: true },
    (ctx) => askedBy(ctx),
    new Check('agreement', 'the person has to agree', 'consent_required', async (ctx) => {
      return (await answerFor(ctx)).state === 'consent';
    }),
  );
  // Whether `prompt=consent` was answered is for the check above to say.
  consent.checks.remove('consent_prompt');
  return [login, consent];
}

/**
 * Any program on the person's computer can say that it is this one, and gets the answer: it keeps no secret, and its answers go where
 * any of them can be. So the person is asked each time, whoever made it (RFC 8252 §8.6).
 */
function isAnyProgram({ oidc }: Pick<KoaContextWithOIDC, 'oidc'>): boolean {
  return (
    oidc.client?.clientAuthMethod === 'none' && isAnyones(String(oidc.params?.redirect_uri ?? ''))
  );
}

/**
 * What the application asks the person to be asked, in so many words. A device has none, but `max_age=0`, which oidc-provider puts down as
 * `login` where the device asked, and forgets where its person answers.
 */
export function askedPrompts({ params, deviceCode }: KoaContextWithOIDC['oidc']): Set<string> {
  const prompt = params?.prompt ?? deviceCode?.params?.prompt;
  return new Set(typeof prompt === 'string' ? prompt.split(' ') : []);
}

/**
 * What the application asks for beyond policy: `prompt=login`, `max_age`, `acr_values` or an essential `acr` (OpenID Connect
 * Core §3.1.2.1, §5.5.1.1).
 */
export function demandOf({ oidc }: KoaContextWithOIDC, now: number): Demand {
  const { login } = (oidc.result ?? {}) as unknown as Answered; // Written by interaction.ts alone.
  const { max_age: maxAge } = oidc.params ?? {};
  const since =
    login !== undefined
      ? login.since
      : askedPrompts(oidc).has('login')
        ? now
        : maxAge === undefined
          ? undefined
          : now - Number(maxAge) * SECOND;
  return { since, acr: askedLevels(oidc) };
}

/** What an application asks for: to know of the person, and to do elsewhere in their name. */
export function askedBy({ oidc }: KoaContextWithOIDC) {
  const wanted = oidc.requestParamScopes;
  const byClaims = scopesOfClaims(oidc.requestParamClaims);
  return {
    scopes: [...new Set([...oidc.requestParamOIDCScopes, ...byClaims])],
    apis: Object.entries(oidc.resourceServers ?? {}).map(([audience, server]) => ({
      audience,
      scopes: [...server.scopes].filter((scope) => wanted.has(scope)),
    })),
  };
}
