import { SECOND } from '../../kernel/clock.ts';

/** How long somebody may stay: what policy says, within what the house allows anyone. */
export function lastsFor(
  { sessionTimeout }: { readonly sessionTimeout?: string | number },
  most: number,
): number {
  return typeof sessionTimeout === 'number' ? Math.min(sessionTimeout * SECOND, most) : most;
}
