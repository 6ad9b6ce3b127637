/**
 * oidc-provider, wired to our house: what it may decide and what is decided for it. Read entry-policy.ts for who is let in,
 * adapter.ts for what is kept, clients.ts for who asks, client-proof.ts for how they prove it.
 *
 * Always: the code flow alone, PKCE with S256 for everyone (RFC 9700 §2.1.1), exact redirect addresses, `iss` in every answer
 * (RFC 9207), tokens by resource (RFC 8707), codes of a minute. A client with profile `fapi2` is held to the FAPI 2.0 Security
 * Profile: pushed requests, bound tokens, keys or certificates, no rotation of refresh tokens.
 */
import { X509Certificate } from 'node:crypto';
import Provider, {
  type AccessToken,
  type Client,
  type Configuration,
  errors,
  type KoaContextWithOIDC,
} from 'oidc-provider';
import { acrValues } from '../../../gate/demand.ts';
import { dpopAlgs } from '../../../gate/entry/dpop.ts';
import { base64url } from '../../../kernel/bytes.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../../kernel/clock.ts';
import { hmacSha256 } from '../../../kernel/hmac.ts';
import { createAdapters, type Successors } from './adapter.ts';
import type { Again } from './again.ts';
import { assertLevels } from './asked-levels.ts';
import { createBackchannel } from './backchannel.ts';
import { isRegistered, OWN_WORDS } from './clients.ts';
import { askedPrompts, createEntryPolicy } from './entry-policy.ts';
import { algorithmsOf } from './keys-mark.ts';
import { personalClaims } from './personal-claims.ts';
import type { CameBy, ProviderDeps } from './provider-deps.ts';
import { providerKeys } from './provider-keys.ts';
import { createRefreshing } from './refreshing.ts';
import { renderings } from './renderings.ts';

/** Where oidc-provider tells of what it refused. */
const REFUSALS = [
  'authorization',
  'grant',
  'pushed_authorization_request',
  'device_authorization',
  'backchannel_authentication',
  'userinfo',
  'end_session',
  'revocation',
] as const;
/** Answers that are part of the way, or on record by themselves. */
const EXPECTED = new Set([
  'login_required',
  'consent_required',
  'interaction_required',
  'access_denied',
  'authorization_pending',
  'slow_down',
  'expired_token',
]);

const seconds = (milliseconds: number) => Math.floor(milliseconds / SECOND);
const ACCESS_TOKEN = 10 * MINUTE;

/** No token outlasts the grant that it is of, and so the session of whoever gave that: APIs may ask nobody whether it has ended. */
function tokenSeconds({ oidc }: KoaContextWithOIDC): number {
  const left = oidc.entities.Grant?.remainingTTL ?? Number.POSITIVE_INFINITY;
  return Math.max(1, Math.min(seconds(ACCESS_TOKEN), left));
}

const word = (client: Client | undefined, name: (typeof OWN_WORDS)[number]) => client?.[name];

export function createProvider(deps: ProviderDeps, requests: CameBy, again: Again): Provider {
  const { apps, signing, pages } = deps;
  const successors: Successors = new WeakMap();
  const notes = new WeakMap<object, Promise<void>>();
  const mac = hmacSha256(deps.key);
  const algs = algorithmsOf(signing);
  const { arrivalOf, certificateOf, provenBy } = requests;
  const refreshing = createRefreshing({ apps, arrivalOf });

  async function accountOf(id: string) {
    const person = await apps.person(id);
    if (person === undefined) return undefined;
    return {
      accountId: person.id,
      claims: async () => ({
        sub: person.id,
        name: person.displayName,
        preferred_username: person.identifier,
        // Said by an administrator and checked by nobody: not for anyone to build an account on.
        ...(person.email === null ? {} : { email: person.email, email_verified: false }),
        groups: [...person.groups],
      }),
    };
  }

  const rendered = renderings(deps, requests);
  const backchannel = createBackchannel({ ...deps, arrivalOf });
  const configuration: Configuration = {
    adapter: createAdapters({
      ...{ apps, successors, backchannel, switches: deps },
      arrivalOf: (ctx) => arrivalOf(ctx.req),
    }),
    jwks: { keys: providerKeys(signing) },
    acrValues,
    claims: {
      openid: ['sub', 'acr', 'amr', 'auth_time'],
      ...personalClaims,
      iss: null,
      sid: null,
    },
    scopes: ['openid', 'offline_access'],
    responseTypes: ['code'],
    subjectTypes: ['public', 'pairwise'],
    // The same person is someone else in each sector (OpenID Connect Core §8.1).
    pairwiseIdentifier: async (_ctx, account, client) => {
      const app = await apps.application(client.clientId);
      return app === undefined ? '' : apps.subjectOf(app, account);
    },
    // A sector is the word of an administrator: nothing is fetched from it.
    sectorIdentifierUriValidate: () => false,
    clientAuthMethods: ['none', 'tls_client_auth'],
    clientDefaults: { id_token_signed_response_alg: 'ES256', token_endpoint_auth_method: 'none' },
    enabledJWA: {
      idTokenSigningAlgValues: algs,
      dPoPSigningAlgValues: [...dpopAlgs],
    },
    allowOmittingSingleRegisteredRedirectUri: false,
    conformIdTokenClaims: false,
    clockTolerance: 5,
    pkce: { required: () => true },
    expiresWithSession: () => false, // The grant is what ends: app-states.ts.
    loadExistingGrant: async () => undefined, // Each authorization has its own: entry-policy.ts.
    issueRefreshToken: async (_ctx, client, source) =>
      client.grantTypeAllowed('refresh_token') &&
      // The command line stays signed in as long as the session that it was signed in with, and no longer.
      (source.scopes.has('offline_access') || client.clientId === apps.commandLine),
    // FAPI 2.0 §5.3.2.1 (9): no rotation, since these are bound to a key.
    rotateRefreshToken: async (ctx) => {
      await refreshing.judge(ctx);
      return word(ctx.oidc.client, 'sallyport_profile') !== 'fapi2';
    },
    revokeGrantPolicy: () => true,
    // Whoever is named in the background may be nobody, and the application is not told.
    findAccount: async (ctx, id) =>
      ctx.oidc.route === 'backchannel_authentication'
        ? { accountId: id, claims: async () => ({ sub: id }) }
        : accountOf(id),
    extraTokenClaims: (_ctx, token) => tokenClaims(token as AccessToken),
    extraClientMetadata: { properties: [...OWN_WORDS] },
    clientBasedCORS: (_ctx, origin, client) =>
      client.clientAuthMethod === 'none' &&
      client.redirectUris?.some((uri) => URL.parse(uri)?.origin === origin) === true,
    cookies: {
      names: {
        session: `${deps.secure ? '__Host-' : ''}sallyport-oidc`,
        interaction: `${deps.secure ? '__Secure-' : ''}sallyport-oidc-ask`,
        resume: `${deps.secure ? '__Secure-' : ''}sallyport-oidc-resume`,
      },
      keys: [base64url(mac('cookies'))],
      long: { httpOnly: true, sameSite: 'lax', secure: deps.secure, signed: true },
      short: { httpOnly: true, sameSite: 'lax', secure: deps.secure, signed: true },
    },
    ttl: {
      AccessToken: tokenSeconds,
      AuthorizationCode: seconds(MINUTE),
      DeviceCode: seconds(10 * MINUTE),
      BackchannelAuthenticationRequest: backchannel.seconds,
      Grant: seconds(HOUR), // Each is made with a time of its own.
      // Some show it as a credential (Kubernetes, AWS), where nobody asks whether it has ended.
      IdToken: tokenSeconds,
      Interaction: seconds(10 * MINUTE), // As long as a sign-in may take; anyone may leave one.
      RefreshToken: seconds(30 * DAY),
      // Anyone may leave one in which nobody is.
      Session: (_ctx, { accountId }) => seconds(accountId === undefined ? 10 * MINUTE : 12 * HOUR),
      PushedAuthorizationRequest: seconds(MINUTE),
    } as NonNullable<Configuration['ttl']>,
    interactions: {
      policy: createEntryPolicy({ ...deps, ...requests, accountOf }) as NonNullable<
        NonNullable<Configuration['interactions']>['policy']
      >,
      url: (_ctx, interaction) => `/oidc/interaction/${interaction.uid}`,
    },
    routes: {
      authorization: '/auth',
      token: '/token',
      revocation: '/revoke',
      userinfo: '/userinfo',
      jwks: '/jwks',
      pushed_authorization_request: '/par',
      device_authorization: '/device/authorize',
      code_verification: '/device',
      backchannel_authentication: '/ciba',
      end_session: '/logout',
    },
    features: {
      devInteractions: { enabled: false },
      externalSigningSupport: { enabled: true, ack: 'experimental-01' },
      claimsParameter: {
        enabled: true,
        assertClaimsParameter: async (_ctx, claims) => assertLevels(claims),
      },
      dPoP: { enabled: true, nonceSecret: Buffer.from(mac('dpop nonces')) },
      mTLS: {
        enabled: true,
        certificateBoundAccessTokens: true,
        tlsClientAuth: true,
        getCertificate: (ctx) => shownBy(ctx),
        certificateAuthorized: (ctx) => provenBy(ctx.req) === ctx.oidc.client?.clientId,
        certificateSubjectMatches: (ctx, _property, expected) =>
          expected === `urn:uuid:${provenBy(ctx.req)}`,
      },
      pushedAuthorizationRequests: { enabled: true },
      // Of all tokens alike, and for APIs as for applications: own/state-endpoints.ts.
      introspection: { enabled: false },
      revocation: {
        enabled: true,
        allowedPolicy: async (_ctx, client, token) => token.clientId === client.clientId,
      },
      userinfo: { enabled: true },
      // Ends come from anywhere in the house, and are told from there: gate/use-cases/apps/app-endings.ts.
      backchannelLogout: { enabled: false },
      rpInitiatedLogout: { enabled: true, ...rendered.signOut },
      fapi: {
        enabled: true,
        profile: (_ctx, client) =>
          word(client, 'sallyport_profile') === 'fapi2' ? '2.0' : undefined,
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: async (_ctx, _client, oneOf) =>
          (oneOf?.length === 1 ? oneOf[0] : oneOf) as never,
        useGrantedResource: async () => true,
        getResourceServerInfo: resourceServer,
      },
      ciba: backchannel.feature,
      deviceFlow: {
        enabled: deps.device,
        charset: 'base-20',
        mask: '****-****',
        ...rendered.device,
      },
    },
    renderError: rendered.error,
  };

  /** What an application may ask of an API in people's names: what stands in its own list, and no more. */
  async function resourceServer(ctx: KoaContextWithOIDC, audience: string, client: Client) {
    const [api, app] = await Promise.all([apps.api(audience), apps.application(client.clientId)]);
    const listed = app?.detail.apis.find((each) => each.audience === audience);
    if (api === undefined || listed === undefined)
      throw new errors.InvalidTarget('unknown resource');
    const known = new Set(api.scopes.map(({ name }) => name));
    const scopes = listed.scopes.filter((scope) => known.has(scope));
    return {
      audience,
      scope: refreshing.left(ctx, audience, scopes).join(' '),
      accessTokenTTL: tokenSeconds(ctx),
      accessTokenFormat: app?.detail.accessTokenFormat ?? 'jwt',
      jwt: { sign: { alg: 'ES256' as const } },
    };
  }

  /** A client that proved itself in another way stands there without one; never where a token is bound to it. */
  function shownBy({ req, oidc }: KoaContextWithOIDC): X509Certificate | string | undefined {
    const certificate = certificateOf(req);
    if (certificate !== undefined) return new X509Certificate(certificate);
    const bound = oidc.client?.tlsClientCertificateBoundAccessTokens === true;
    return provenBy(req) === undefined || bound ? undefined : 'proven';
  }

  const provider = new Provider(deps.issuer(), configuration);
  // Behind our own listener: which address a request came by is what the listener says (provider-handler.ts).
  provider.proxy = true;
  provider.Client.prototype.includeSid = () => true;
  provider.Client.prototype.redirectUriAllowed = function (uri: string) {
    return isRegistered(this.redirectUris ?? [], uri);
  };
  provider.Client.prototype.postLogoutRedirectUriAllowed = function (uri: string) {
    return isRegistered(this.postLogoutRedirectUris ?? [], uri);
  };
  // It takes `offline_access` for nothing without `prompt=consent`. OpenID Connect Core §11 leaves room for conditions of the
  // server's own: here people are asked where the application is not their organisation's (entry-policy.ts).
  Object.defineProperty(provider.OIDCContext.prototype, 'prompts', {
    get(this: KoaContextWithOIDC['oidc']) {
      const asked = askedPrompts(this);
      const offline = String(this.params?.scope ?? '')
        .split(' ')
        .includes('offline_access');
      return offline && !asked.has('none') ? asked.add('consent') : asked;
    },
  });
  provider.use(async (ctx, next) => {
    await next();
    // On record before it is answered.
    await notes.get(ctx);
    // No route of its own was met: it has said so already.
    if (ctx.oidc === undefined) return;
    await leave(ctx as KoaContextWithOIDC); // As everything of the provider's is.
    again.keep(ctx as KoaContextWithOIDC);
    const successor = successors.get(ctx);
    const body = ctx.body as Record<string, unknown> | undefined;
    // As for tokens of processes: there are clients that read an answer without a type as none (RFC 7009 §2.2 leaves it open).
    if (ctx.oidc.route === 'revocation' && ctx.status === 200) ctx.body = {};
    if (ctx.oidc.route === 'device_authorization') delete body?.verification_uri_complete;
    if (successor !== undefined && body?.refresh_token !== undefined)
      body.refresh_token = successor;
  });
  /** Who leaves an application leaves us as well, and is led on by a page: a form may lead to no other site. */
  async function leave(ctx: KoaContextWithOIDC): Promise<void> {
    const { route, params, session: left } = ctx.oidc;
    if (route === 'end_session' && left?.accountId === undefined && ctx.status === 200) {
      await rendered.signOut.logoutSource(ctx);
    }
    if (route !== 'end_session_confirm' || ctx.status !== 303) return;
    const session = requests.sessionOf(ctx.req);
    if (params?.logout !== undefined && session !== undefined) {
      await deps.signOut(session, arrivalOf(ctx.req));
      ctx.append('set-cookie', requests.forgetSession);
    }
    const to = ctx.response.get('location');
    if (new URL(to, deps.issuer()).origin === new URL(deps.issuer()).origin) return;
    ctx.status = 200;
    ctx.remove('location');
    ctx.set({ ...pages.headers });
    ctx.body = pages.onward(to);
  }

  provider.on('grant.success', (ctx) => {
    const {
      AuthorizationCode: code,
      RefreshToken: refresh,
      DeviceCode: device,
      BackchannelAuthenticationRequest: asked,
    } = ctx.oidc.entities;
    const grant = code?.grantId ?? refresh?.grantId ?? device?.grantId ?? asked?.grantId;
    if (grant !== undefined) void apps.states.touch(grant).catch(deps.report);
  });
  for (const at of REFUSALS) {
    provider.on(`${at}.error` as 'grant.error', (ctx, { error }) => {
      const app = ctx.oidc.client?.clientId;
      if (app === undefined || EXPECTED.has(error)) return;
      notes.set(ctx, apps.refused({ app, at, error }, arrivalOf(ctx.req)).catch(deps.report));
    });
  }
  provider.on('server_error', (_ctx, error) => deps.report(error));
  return provider;
}

/** In an access token, so that an API can ask for more (RFC 9068 §2.2.1, RFC 9470), and by which its end is found. */
function tokenClaims(token: AccessToken) {
  const source = sourceOf();
  return {
    ...(token.grantId === undefined ? {} : { gid: token.grantId }),
    ...(source?.acr === undefined ? {} : { acr: source.acr }),
    ...(source?.amr === undefined ? {} : { amr: source.amr }),
    ...(source?.authTime === undefined ? {} : { auth_time: source.authTime }),
  };
}

function sourceOf() {
  const { RefreshToken, AuthorizationCode, DeviceCode, BackchannelAuthenticationRequest } =
    Provider.ctx?.oidc.entities ?? {};
  return RefreshToken ?? AuthorizationCode ?? DeviceCode ?? BackchannelAuthenticationRequest;
}
