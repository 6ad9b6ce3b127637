/**
 * Sign-ins that begin at an application and end on our pages (OpenID Connect CIBA Core 1.0), as oidc-provider wants them told.
 * It keeps the application's request; whom it waits for, what is shown to them and what they answer is the gate's
 * (gate/use-cases/apps/app-requests.ts). Applications fetch the answer (§5): at most they are told that there is one.
 *
 *     POST /oidc/ciba     `trigger`: a handle for the application, and the number that it is to show
 *     POST /oidc/token    `collect`: how it stands, and what was granted, each time it asks
 */
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import {
  type AdapterPayload,
  type Configuration,
  errors,
  type KoaContextWithOIDC,
} from 'oidc-provider';
import type { Arrival } from '../../../gate/arrival.ts';
import { INTERVAL } from '../../../gate/use-cases/apps/app-requests.ts';
import { SECOND, secondsUntil } from '../../../kernel/clock.ts';
import { parseId, type ResourceId } from '../../../kernel/id.ts';
import { askedBy, demandOf } from './entry-policy.ts';
import { isNamedByClaims } from './named-by-claims.ts';
import { savePersonGrant } from './person-grant.ts';
import type { ProviderDeps } from './provider-deps.ts';

type Ciba = NonNullable<NonNullable<Configuration['features']>['ciba']>;
type Lifetime = NonNullable<NonNullable<Configuration['ttl']>['BackchannelAuthenticationRequest']>;

export interface Backchannel {
  readonly feature: Ciba;
  readonly seconds: Lifetime;
  /** A request that the application asks about at the token endpoint, as it stands; throws what it is to be told. */
  collect(
    ctx: KoaContextWithOIDC,
    handle: string,
    payload: AdapterPayload | undefined,
  ): Promise<AdapterPayload | undefined>;
}

/** No id of anybody. */
const NOBODY = '';
const LONGEST_MESSAGE = 64;
/** Seen as it is: nothing that is not there to be seen, turns the direction of text, or piles marks on one another. */
const PLAIN = /^(?! )(?:[\p{L}\p{N}\p{P}\p{S} ]\p{M}{0,2})+(?<! )$/u;

export function createBackchannel(deps: {
  readonly ciba: boolean;
  readonly appRequests: ProviderDeps['appRequests'];
  readonly apps: Pick<ProviderDeps['apps'], 'application' | 'subjectOf'>;
  readonly clock: ProviderDeps['clock'];
  readonly arrivalOf: (request: IncomingMessage) => Arrival;
}): Backchannel {
  const { appRequests, apps, clock, arrivalOf } = deps;

  function tooMany(ctx: KoaContextWithOIDC, retryAt: number): Error {
    ctx.set('retry-after', String(secondsUntil(retryAt, clock.now())));
    const error = new errors.TemporarilyUnavailable('too many requests for this name, or in all');
    return Object.assign(error, { status: 429, statusCode: 429 });
  }

  /**
   * Who is to be asked: nobody, where the hint says one and `claims` another. The application is answered as for any name that is nobody's,
   * or it would learn here whose which name is.
   */
  async function whom({ oidc }: KoaContextWithOIDC, person: string): Promise<string> {
    const app = await apps.application(oidc.client?.clientId ?? '');
    const sub = app && apps.subjectOf(app, person);
    return sub !== undefined && isNamedByClaims(oidc, sub) ? person : NOBODY;
  }

  return {
    /** OpenID Connect CIBA Core §7.1: a client may want less than we give. */
    seconds: (ctx) =>
      Math.min(
        Number(ctx.oidc.params?.requested_expiry ?? Number.MAX_SAFE_INTEGER),
        appRequests.longest / SECOND,
      ),

    feature: {
      enabled: deps.ciba,
      deliveryModes: ['poll', 'ping'],
      processLoginHint: async (_ctx, hint = '') => appRequests.named(hint),
      processLoginHintToken: async () => {
        throw new errors.InvalidRequest('login_hint_token is not supported');
      },
      validateRequestContext: async () => {},
      validateBindingMessage: async (_ctx, message) => {
        if (message === undefined) return;
        const fits = [...message].length <= LONGEST_MESSAGE && PLAIN.test(message);
        if (fits && message === message.normalize('NFC')) return;
        throw new errors.InvalidBindingMessage(
          `binding_message must be 1 to ${LONGEST_MESSAGE} characters that can be seen, in normal form C`,
        );
      },
      /** Asked before anything is kept. We have no codes of people's own (§7.1, user_code): those would be guessed at. */
      verifyUserCode: async (ctx) => {
        placeOf(ctx);
        const retryAt = await appRequests.room(appOf(ctx), nameIn(ctx));
        if (retryAt !== undefined) throw tooMany(ctx, retryAt);
      },
      triggerAuthenticationDevice: async (ctx, request, account) => {
        const asked = await appRequests.ask(
          {
            app: appOf(ctx),
            handle: request.jti,
            person: await whom(ctx, account.accountId),
            name: nameIn(ctx),
            message: textOf(ctx.oidc.params?.binding_message),
            place: placeOf(ctx),
            token: textOf(ctx.oidc.params?.client_notification_token),
            lifetime: request.expiration * SECOND,
            demand: demandOf(ctx, clock.now()),
            ...askedBy(ctx),
          },
          arrivalOf(ctx.req),
        );
        if (asked.state === 'throttled') throw tooMany(ctx, asked.retryAt);
        Object.assign(ctx.body as object, {
          interval: INTERVAL / SECOND,
          sallyport_number: asked.number,
        });
      },
    },

    async collect(ctx, handle, payload) {
      const { oidc } = ctx;
      const client = oidc.client?.clientId ?? '';
      const polled = await appRequests.poll(handle, client, arrivalOf(ctx.req));
      switch (polled.state) {
        case 'unknown':
          return undefined;
        case 'pending':
          return payload;
        case 'slow-down':
          throw new errors.SlowDown();
        case 'expired':
          throw new errors.ExpiredToken();
        case 'refused':
          throw new errors.AccessDenied('the person did not approve it, or it is not permitted');
        case 'granted': {
          if (payload === undefined) return undefined;
          const { grant, person, authTime, acr, amr, scopes } = polled;
          const granted = { ...payload, grantId: grant, authTime, acr, amr: [...amr], sid: grant };
          // Shown a second time: what it stood for ends (RFC 6749 §4.1.2, for codes).
          if (payload.consumed !== undefined || payload.accountId !== person) return granted;
          const { id_token: inToken, userinfo } = payload.claims ?? {};
          const claims = new Set(Object.keys({ ...inToken, ...userinfo }));
          await savePersonGrant(oidc.provider, polled, {
            ...{ client, scopes, claims },
            now: clock.now(),
          });
          return granted;
        }
      }
    },
  };
}

function appOf({ oidc }: KoaContextWithOIDC): ResourceId {
  const app = parseId<'resource'>(oidc.client?.clientId ?? '');
  if (app === undefined) throw new errors.InvalidRequest('no client');
  return app;
}

/** By what name somebody was asked for, be it anybody's. */
function nameIn({ oidc }: KoaContextWithOIDC): string {
  return String(oidc.entities.IdTokenHint?.payload.sub ?? oidc.params?.login_hint ?? '');
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** Where the application's user is, as it says: for people to compare with where they are. */
function placeOf({ oidc }: KoaContextWithOIDC): string | undefined {
  const place = textOf(oidc.body?.sallyport_user_address);
  if (place === undefined || isIP(place) !== 0) return place;
  throw new errors.InvalidRequest('sallyport_user_address must be an IP address');
}
