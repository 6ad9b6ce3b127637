/** Which roles somebody has, in a sentence about them. */
export function rolesWords(roles: readonly string[]): string {
  if (roles.length === 0) return 'with no role';
  return `with the ${roles.length === 1 ? 'role' : 'roles'} ${roles.join(', ')}`;
}
