import type { KoaContextWithOIDC } from 'oidc-provider';

/** Whether somebody is among those whom `claims` names for the ID token (OpenID Connect Core §5.5.1), where it names anybody. */
export function isNamedByClaims(
  { claims }: Pick<KoaContextWithOIDC['oidc'], 'claims'>,
  sub: string,
): boolean {
  const { value, values } = claims?.id_token?.sub ?? {};
  const among: unknown = values;
  if (value !== undefined && value !== sub) return false;
  return among === undefined || (Array.isArray(among) && among.includes(sub));
}
