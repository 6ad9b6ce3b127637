/**
 * Which paths are handed on to oidc-provider. Its router takes `/token/` and `/TOKEN` for `/token` too; what we check before we
 * hand on goes by the path, so that one spelling of each is known here and every other is an address that does not exist.
 */
const EXACT: ReadonlySet<string> = new Set(
  [
    'auth',
    'token',
    'par',
    'revoke',
    'userinfo',
    'ciba',
    'device',
    'device/authorize',
    'logout',
    'logout/confirm',
    'logout/success',
    // Read from our own half; here programs in browsers ask first whether they may (OPTIONS).
    'jwks',
    '.well-known/openid-configuration',
    '.well-known/oauth-authorization-server',
  ].map((route) => `/oidc/${route}`),
);
/** Where an interaction leads back to, and its own pages: interaction.ts. */
const OF_ONE = /^\/oidc\/(?:(?:auth|device)\/[\w-]{43}|interaction\/[\w-]{1,64}(?:\/done)?)$/;

/** Whether it is, letter by letter, one that is answered: of the raw request target, without its query. */
export function isProviderPath(path: string): boolean {
  return EXACT.has(path) || OF_ONE.test(path);
}

/** Whether oidc-provider would take it for one of them, all the same. */
export function isLikeProviderPath(path: string): boolean {
  return isProviderPath((path.split('#')[0] ?? '').toLowerCase().replace(/\/$/, ''));
}
