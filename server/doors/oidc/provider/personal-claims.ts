/** What is told of a person, by the scope that stands for it (OpenID Connect Core §5.4). */
export const personalClaims: Readonly<Record<string, string[]>> = {
  profile: ['name', 'preferred_username'],
  email: ['email', 'email_verified'],
  groups: ['groups'],
};

/**
 * The scopes that stand for claims which are asked for one by one (§5.5): people are asked about scopes, and what comes by the other
 * way must not go past them.
 */
export function scopesOfClaims(claims: ReadonlySet<string>): string[] {
  return Object.entries(personalClaims).flatMap(([scope, names]) =>
    names.some((name) => claims.has(name)) ? [scope] : [],
  );
}
