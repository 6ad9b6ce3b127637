/** What the people's half adds to the server's metadata (OpenID Connect Discovery §3, RFC 8414 §2, RFC 9126 §5, RFC 9207 §3). */
import { signingAlgorithms } from '../../../authority/signing-key.ts';
import { acrValues } from '../../../gate/demand.ts';
import { requestAlgs } from '../../../gate/use-cases/apps/signed-requests.ts';
import { GRANT_TYPES, type GrantSwitches } from './clients.ts';

export function providerMetadata(
  issuer: string,
  { device, ciba }: GrantSwitches,
): Readonly<Record<string, unknown>> {
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
          backchannel_authentication_request_signing_alg_values_supported: requestAlgs,
        }
      : {}),
    grant_types_supported: [
      GRANT_TYPES.authorization_code,
      GRANT_TYPES.refresh_token,
      ...(device ? [GRANT_TYPES.device_code] : []),
      ...(ciba ? [GRANT_TYPES.ciba] : []),
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
    id_token_signing_alg_values_supported: signingAlgorithms,
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
