import type { Action } from '../policy/actions.ts';
import type { PolicyResource } from '../policy/request.ts';

/** One thing that someone wants to do, to what. */
export interface Wish {
  readonly action: Action;
  readonly resource: PolicyResource;
}

export const PORTAL: PolicyResource = { kind: 'part', id: 'portal' };
