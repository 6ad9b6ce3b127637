/** Our applications in the words of OAuth: RFC 7591's client metadata, made from the resource each time it is asked for. */
import type { ApplicationDetail } from '@sallyport/contract/resources.ts';
import type { ClientMetadata } from 'oidc-provider';
import type { Application } from '../../../gate/use-cases/apps/app-words.ts';

/** What of an application oidc-provider has no word for. */
export const OWN_WORDS = [
  'sallyport_profile',
  'sallyport_format',
  'sallyport_first_party',
] as const;

/** In the words of the standards. */
export const GRANT_TYPES: Readonly<Record<ApplicationDetail['grants'][number], string>> = {
  authorization_code: 'authorization_code',
  refresh_token: 'refresh_token',
  device_code: 'urn:ietf:params:oauth:grant-type:device_code',
  ciba: 'urn:openid:params:grant-type:ciba',
};

/** What the configuration switches on. */
export interface GrantSwitches {
  readonly device: boolean;
  readonly ciba: boolean;
}

/**
 * For FAPI 2.0 an application proves itself with a key or a certificate (FAPI 2.0 Security Profile §5.3.2.1), and nothing is signed by
 * RS256 (§5.4.1).
 */
export function isUsable({ detail }: Application): boolean {
  if (detail.profile !== 'fapi2') return true;
  const isStrong = detail.clientAuth === 'certificate' || detail.clientAuth === 'key';
  return isStrong && detail.idTokenAlg !== 'RS256';
}

/**
 * The grants that an application may use. Only one that proves itself asks people in the background: they would answer whoever
 * calls themselves that. Nor one with a sector of its own, which would have to be taken from keys (CIBA Core §4).
 */
function grantsOf({ detail }: Application, on: GrantSwitches): string[] {
  const { clientAuth, pairwiseSector, grants } = detail;
  const ciba = on.ciba && clientAuth !== 'none' && pairwiseSector === null;
  const open = { authorization_code: true, refresh_token: true, device_code: on.device, ciba };
  return grants.filter((grant) => open[grant]).map((grant) => GRANT_TYPES[grant]);
}

/** OpenID Connect CIBA Core §4. */
function deliveryOf({ cibaNotificationUri: to }: ApplicationDetail): Partial<ClientMetadata> {
  return to == null
    ? { backchannel_token_delivery_mode: 'poll' }
    : { backchannel_token_delivery_mode: 'ping', backchannel_client_notification_endpoint: to };
}

/**
 * How it proves itself is for our gate to see (client-proof.ts), before oidc-provider is asked. There every application that
 * proves itself has one and the same method, whose answer is whether it did.
 */
export function clientMetadata(app: Application, on: GrantSwitches): ClientMetadata {
  const { id, title, detail } = app;
  const { redirectUris, profile, clientAuth, pairwiseSector } = detail;
  const grants = grantsOf(app, on);
  const fapi2 = profile === 'fapi2';
  const bound = fapi2 || detail.boundTokens;
  const byCertificate = clientAuth === 'certificate';
  const web = redirectUris.every((uri) => uri.startsWith('https:'));
  return {
    client_id: id,
    client_name: title,
    application_type: web ? 'web' : 'native',
    redirect_uris: redirectUris,
    response_modes: ['query'],
    response_types: detail.grants.includes('authorization_code') ? ['code'] : [],
    grant_types: grants,
    ...(grants.includes(GRANT_TYPES.ciba) ? deliveryOf(detail) : {}),
    ...(clientAuth === 'none'
      ? { token_endpoint_auth_method: 'none' }
      : {
          token_endpoint_auth_method: 'tls_client_auth',
          tls_client_auth_san_uri: `urn:uuid:${id}`,
        }),
    id_token_signed_response_alg: detail.idTokenAlg,
    subject_type: pairwiseSector === null ? 'public' : 'pairwise',
    ...(pairwiseSector === null ? {} : { sector_identifier_uri: `https://${pairwiseSector}/` }),
    post_logout_redirect_uris: detail.postLogoutRedirectUris,
    require_pushed_authorization_requests: fapi2,
    ...(bound && byCertificate ? { tls_client_certificate_bound_access_tokens: true } : {}),
    ...(bound && !byCertificate ? { dpop_bound_access_tokens: true } : {}),
    sallyport_profile: profile,
    sallyport_format: detail.accessTokenFormat,
    sallyport_first_party: detail.firstParty,
  };
}

/** Where people find it: the site that answers go to, if that is one. */
export function homeOf({ detail }: Pick<Application, 'detail'>): string | undefined {
  const site = detail.redirectUris.find((uri) => uri.startsWith('https:'));
  return site === undefined ? undefined : `${new URL(site).origin}/`;
}

const LOOPBACK = /^http:\/\/(?:127\.0\.0\.1|\[::1\])(?::[1-9]\d{0,4})?(\/[^\s]*)?$/;

/** Whether what goes there goes to whichever program of the person's computer is there: a loopback address, or a scheme of an app's own. */
export const isAnyones = (uri: string): boolean => uri !== '' && !uri.startsWith('https:');

/**
 * Letter by letter (RFC 9700 §4.1.3). One thing may differ: the port of a loopback address that was registered without one,
 * which a program gets from its computer only when it runs (RFC 8252 §7.3).
 */
export function isRegistered(registered: readonly string[], uri: string): boolean {
  if (registered.includes(uri)) return true;
  if (!LOOPBACK.test(uri)) return false;
  const portless = uri.replace(/^(http:\/\/(?:127\.0\.0\.1|\[::1\])):\d+/, '$1');
  return portless !== uri && registered.includes(portless);
}
