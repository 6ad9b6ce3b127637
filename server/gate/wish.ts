import type { Action } from '../policy/actions.ts';
import type { PolicyResource } from '../policy/request.ts';
import type { Queries } from '../store/store.ts';

/** One thing that someone wants to do, to what. */
export interface Wish {
  readonly action: Action;
  readonly resource: PolicyResource;
}

/** A wish that depends on what the one concerned is now. */
export type WishOf = (q: Queries) => Promise<Wish>;

export const PORTAL: PolicyResource = { kind: 'part', id: 'portal' };

export const SIGN_IN: Wish = { action: 'signIn', resource: PORTAL };
