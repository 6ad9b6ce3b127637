/** What the provider has of our keys, without any of the provider's own code. */
import type { SigningAlgorithm, SigningKeys } from '../../../authority/signing-keys.ts';

export function algorithmsOf(signing: SigningKeys): SigningAlgorithm[] {
  return [...new Set(signing.jwks().keys.map(({ alg }) => alg))];
}

/** Tells whether the provider has to be made anew: which keys there are, and which of them sign. */
export function keysMark(signing: SigningKeys): string {
  const { keys } = signing.jwks();
  const active = algorithmsOf(signing).map((alg) => signing.kidOf(alg));
  return [...keys.map(({ kid }) => kid), '|', ...active].join(' ');
}
