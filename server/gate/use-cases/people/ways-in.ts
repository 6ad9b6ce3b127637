/**
 * Whether someone can still come in: by policy, with the proofs that stand on their own. Recovery codes and passes are for the
 * day when these are lost, and count as none.
 */
import type { HeldProof, ProofClass } from '../../../proofs/proof.ts';
import type { Queries } from '../../../store/store.ts';
import type { Person } from '../../../subjects/person.ts';
import type { Arrival } from '../../arrival.ts';
import type { GateDeps } from '../../gate-deps.ts';
import { presentable } from '../../judge.ts';
import { policyRequest } from '../../policy-request.ts';
import { shownHere } from '../../shown-here.ts';
import { SIGN_IN } from '../../wish.ts';

export interface WaysIn {
  /** Whether policy lets them sign in with what they hold. */
  readonly any: boolean;
  /** Whether they can and hold two proofs at least, so that losing one locks nobody out. */
  readonly enough: boolean;
  /** Whether they can't, and nothing but a passkey or security key would change that. */
  readonly needsPasskey: boolean;
  /** Whether a recovery code can stand in for a passkey or phone that is not at hand. */
  readonly codesStandIn: boolean;
}

export type FindWaysIn = (
  q: Queries,
  person: Person,
  held: readonly HeldProof[],
  arrival: Arrival,
) => Promise<WaysIn>;

export function createWaysIn(
  deps: Pick<GateDeps, 'proofs' | 'clock'> & {
    readonly policies: Pick<GateDeps['policies'], 'current'>;
  },
): FindWaysIn {
  const { policies, proofs, clock } = deps;
  return async (q, person, held, arrival) => {
    const active = await policies.current(q);
    // Asked as they will be once they have enrolled.
    const asActive = { ...person, status: 'active' };
    const lasting = shownHere(proofs, held).filter(({ kind }) => proofs[kind].stands);
    const request = policyRequest(asActive, SIGN_IN, arrival, false, clock.now());
    const mine = presentable(proofs, lasting, arrival.carries, []);
    const opens = (classes: readonly ProofClass[]) =>
      active.ladder(request, [], classes).state === 'challenge';
    const any = opens(mine);
    const passkey = proofs.webauthn.describe();
    // Of what can be shown by this door: a smart card does for whom there is a port to show it at.
    const others = arrival.carries
      .filter((kind) => kind !== 'webauthn' && proofs[kind].stands)
      .map((kind) => proofs[kind].describe());
    const needsPasskey = !any && !opens([...mine, ...others]) && opens([...mine, passkey]);
    const code = proofs.recovery.describe();
    const codesStandIn = others.some((other) => opens([other, code]));
    return { any, enough: any && lasting.length >= 2, needsPasskey, codesStandIn };
  };
}
