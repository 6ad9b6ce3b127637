/**
 * What an application wants of a sign-in beyond what policy asks for anyway: a proof that is newer, or a level that is higher
 * (OpenID Connect Core §3.1.2.1, RFC 9470). It can only add to what policy wants.
 */
import { SECOND } from '../kernel/clock.ts';
import { type Acr, amr, assess } from '../policy/assurance.ts';
import type { ProofClass } from '../proofs/proof.ts';
import { agesOf, type ShownAt } from './shown.ts';

export interface Demand {
  /** A proof that was shown after this moment, in milliseconds. */
  readonly since?: number | undefined;
  /** One of these levels, or a higher one. */
  readonly acr?: readonly string[] | undefined;
}

/** By strength. A level that nobody here knows is none that anyone has. */
const LEVELS: readonly Acr[] = [
  '0',
  'urn:sallyport:acr:one-kind',
  'urn:sallyport:acr:two-kinds',
  'phr',
  'phrh',
];
const UNPHISHABLE = LEVELS.indexOf('phr');
export const acrValues: readonly Acr[] = LEVELS.slice(1);

export interface Assured {
  /** Seconds: when a proof was shown last. */
  readonly authTime: number;
  readonly acr: string;
  readonly amr: readonly string[];
}

/** What the proofs shown amount to, in the application's words; undefined while that is not what it asked for. */
export function assured(
  shown: readonly Pick<ShownAt, 'class' | 'at'>[],
  now: number,
  { since, acr: wanted }: Demand,
): Assured | undefined {
  const ages = agesOf(shown as readonly ShownAt[], now); // Which proof it was is not read.
  const newest = Math.max(0, ...shown.map(({ at }) => at));
  if (since !== undefined && newest < since) return undefined;
  const level = assess(ages, 0).acr;
  const fresh = since === undefined ? shown : shown.filter(({ at }) => at >= since);
  const freshLevel = assess(agesOf(fresh as readonly ShownAt[], now), 0).acr;
  const reached = (asked: string) => {
    const rank = LEVELS.indexOf(asked as Acr); // Another text is in no place.
    // Who wants a proof anew that can't be phished is not content with another new one beside it.
    const by = rank >= UNPHISHABLE ? freshLevel : level;
    return rank > 0 && rank <= LEVELS.indexOf(by);
  };
  // The level that was asked for is the one that is told, so that who compares texts is content (RFC 9470 §4).
  const acr = wanted === undefined || wanted.length === 0 ? level : wanted.find(reached);
  if (acr === undefined) return undefined;
  return { authTime: Math.floor(newest / SECOND), acr, amr: amr(ages) };
}

/** Which of the proofs that could be shown now would do, beside those that were. */
export function wouldDo(
  shown: readonly ShownAt[],
  presentable: readonly ProofClass[],
  now: number,
  demand: Demand,
): ProofClass[] {
  return presentable.filter(
    (one) => assured([...shown, { class: one, at: now }], now, demand) !== undefined,
  );
}
