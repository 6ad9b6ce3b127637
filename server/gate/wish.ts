import type { DeviceId, ResourceId } from '../kernel/id.ts';
import type { Action } from '../policy/actions.ts';
import type { CertificateContext, EntryContext, PolicyResource } from '../policy/request.ts';
import type { Queries, Tx } from '../store/store.ts';

/** One thing that someone wants to do, to what. */
export interface Wish {
  readonly action: Action;
  readonly resource: PolicyResource;
  /** Of an entry, what of the resource is entered, and the resource's id, since policies call it by its name. */
  readonly entry?: EntryContext & { readonly resource: ResourceId };
  /** Of a certificate that is to be issued. */
  readonly certificate?: CertificateContext;
  /** Of a login at a network device: which one, as of when, and what for. */
  readonly login?: LogInWish;
}

export interface LogInWish {
  readonly client: DeviceId;
  /** Its epoch: what the resource tells of it is so while that is the same. */
  readonly epoch: number;
  readonly service: string;
}

/** A wish that depends on what the one concerned is now. */
export type WishOf = (q: Queries) => Promise<Wish>;

/**
 * What a change takes, found in its transaction: all of these have to be permitted. It may hold whom it is about before it reads, where
 * what is given must not be given on what they were.
 */
export type WishesIn = (tx: Tx) => Promise<Wish | readonly [Wish, ...Wish[]]>;

export const PORTAL: PolicyResource = { kind: 'part', id: 'portal' };

/** What waits in somebody's name, or is kept of them, for themselves. */
export const READ_SELF: Wish = { action: 'readSelf', resource: PORTAL };

export const SIGN_IN: Wish = { action: 'signIn', resource: PORTAL };
