/** What the people's half adds to the server's metadata (OpenID Connect Discovery §3, RFC 8414 §2, RFC 9126 §5, RFC 9207 §3). */
import { acrValues } from '../../../gate/demand.ts';

export function providerMetadata(
  issuer: string,
  { device, ciba }: { readonly device: boolean; readonly ciba: boolean },
): Readonly<Record<string, unknown>> {
  const algs = ['ES256', 'EdDSA', 'RS256'];
  return {
    authorization_endpoint: `${issuer}/auth`,
    pushed_authorization_request_endpoint: `${issuer}/par`,
    userinfo_endpoint: `${issuer}/userinfo`,
    end_session_endpoint: `${issuer}/logout`,
    ...(device ? { device_authorization_endpoint: `${issuer}/device/authorize` } : {}),
    ...(ciba
      ? {
          backchannel_authentication_endpoint: `${issuer}/ciba`,
          backchannel_token_delivery_modes_supported: ['poll', 'ping'],
          backchannel_user_code_parameter_supported: false,
        }
      : {}),
    grant_types_supported: [
      'authorization_code',
      'refresh_token',
      ...(device ? ['urn:ietf:params:oauth:grant-type:device_code'] : []),
      ...(ciba ? ['urn:openid:params:grant-type:ciba'] : []),
    ],
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    scopes_supported: ['openid', 'profile', 'email', 'groups', 'offline_access'],
    claims_supported: [
      'sub',
      'iss',
      'sid',
      'auth_time',
      'acr',
      'amr',
      'name',
      'preferred_username',
      'email',
      'email_verified',
      'groups',
    ],
    claims_parameter_supported: true,
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
    subject_types_supported: ['public', 'pairwise'],
    id_token_signing_alg_values_supported: algs,
    code_challenge_methods_supported: ['S256'],
    acr_values_supported: acrValues,
    prompt_values_supported: ['none', 'login', 'consent'],
    authorization_response_iss_parameter_supported: true,
    require_pushed_authorization_requests: false,
    backchannel_logout_supported: true,
    backchannel_logout_session_supported: true,
    token_endpoint_auth_methods_supported: ['none'],
    resource_indicators_supported: true,
  };
}
