/** An assertion as a door found it (RFC 7523 §2): what it says of itself, unchecked, and what the gate is offered, read once for both. */
import { Assertion } from '../../proofs/assertion.ts';
import type { ProcessOffer } from '../../proofs/process-proof.ts';

export interface AssertionOffer {
  /** Who it says it comes from; undefined unless that is a text. */
  readonly subject: string | undefined;
  readonly offer: ProcessOffer;
}

/**
 * One that names itself as its own issuer is signed by the process's own key (RFC 7523 §3); one of another issuer is what the
 * workload was given. Neither is believed here: it only says whose keys are to be asked. Undefined for what says nothing.
 */
export function assertionOffer(text: string): AssertionOffer | undefined {
  const data = new Assertion(text);
  const { claims } = data;
  if (claims === undefined) return undefined;
  const own = claims.iss === claims.sub;
  const subject = own && typeof claims.sub === 'string' ? claims.sub : undefined;
  return { subject, offer: { kind: own ? 'key' : 'workload', data } };
}
