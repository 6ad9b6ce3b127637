/**
 * Follows a token whose clock runs fast or slow (RFC 6238 §6): the window moves with it, never grows.
 *
 * Somebody who types slowly is one step late today and in time tomorrow; a clock that drifts is off by the same step each
 * time. So a step is learnt when two codes in a row were off to the same side.
 */
export interface Drift {
  /** Steps that the token runs ahead of our clock. */
  readonly drift: number;
  /** To which side of `drift` the last code lay: -1, 0 or 1. */
  readonly lean: number;
}

export function learnDrift(known: Drift, offset: number, maxDrift: number): Drift {
  const lean = offset - known.drift;
  if (lean === 0) return { drift: known.drift, lean: 0 };
  if (lean !== known.lean) return { drift: known.drift, lean };
  const drift = Math.min(maxDrift, Math.max(-maxDrift, known.drift + lean));
  return { drift, lean: 0 };
}
