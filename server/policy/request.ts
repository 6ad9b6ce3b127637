/** What is asked of the policy: one principal, one action, one resource, and what is known of the moment. */
import type { ProofClass } from '../proofs/proof.ts';

export interface PolicyPrincipal {
  readonly kind: 'person' | 'device' | 'process';
  readonly id: string;
  readonly status: 'active' | 'disabled' | 'enrolling';
  readonly roles: readonly string[];
  readonly groups: readonly string[];
}

export interface PolicyResource {
  /** `part` is a part of Sallyport itself: portal, people, policy, record, keys. */
  readonly kind: 'part' | 'application' | 'api' | 'network' | 'asset';
  readonly id: string;
}

/** One proof that was shown, and how long ago, in seconds. */
export interface ShownProof {
  readonly class: ProofClass;
  readonly age: number;
}

export interface PolicyContext {
  readonly door: string;
  /** The address the request came from, IPv4 or IPv6. */
  readonly source: string;
  /** Whether the source lies in a network that the configuration names as trusted. */
  readonly trustedNetwork: boolean;
  /** Whether this browser or device signed in as this subject before. */
  readonly knownDevice: boolean;
  /** Seconds since the epoch. */
  readonly time: number;
}

export interface PolicyRequest {
  readonly principal: PolicyPrincipal;
  readonly action: string;
  readonly resource: PolicyResource;
  readonly context: PolicyContext;
}
