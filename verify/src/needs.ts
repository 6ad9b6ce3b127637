/** What a call needs of a token beyond being valid: scopes, and how and when the person behind it proved themselves (RFC 9470). */
import type { JWTPayload } from 'jose';
import type { Reason } from './refusals.ts';

export interface Needs {
  /** All of them. */
  readonly scopes?: readonly string[];
  /** Seconds since the person last proved themselves, at most. */
  readonly freshFor?: number;
  /** One of these authentication levels. */
  readonly acr?: string | readonly string[];
  readonly phishingResistant?: boolean;
}

/** OpenID Connect Extended Authentication Profile ACR Values 1.0: phishing-resistant, and by hardware too. */
const PHISHING_RESISTANT: readonly string[] = ['phr', 'phrh'];

/** NQCHAR of RFC 6749 §3.3 and appendix A.4: what a scope may be made of, and what acr values are held to as well. */
const WORD = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/** A misspelt need would be one that nobody checks. */
const NAMES: ReadonlySet<string> = new Set(['scopes', 'freshFor', 'acr', 'phishingResistant']);

/** Needs are written by programmers: a wrong one is a mistake to be found at once, not a request to be refused. */
export function checkNeeds(needs: Needs): void {
  const unknown = Object.keys(needs).find((name) => !NAMES.has(name));
  if (unknown !== undefined) throw new TypeError(`There is no need called ${unknown}.`);
  if (needs.scopes !== undefined && !Array.isArray(needs.scopes)) {
    throw new TypeError('scopes is a list of scopes.');
  }
  const words = [...(needs.scopes ?? []), ...acrOf(needs)];
  const wrong = words.find((word) => typeof word !== 'string' || !WORD.test(word));
  if (wrong !== undefined) {
    throw new TypeError(`Not a scope or acr value: ${JSON.stringify(wrong)}.`);
  }
  if (needs.acr !== undefined && acrOf(needs).length === 0) {
    throw new TypeError('An empty list of acr values would let nobody in.');
  }
  const { freshFor } = needs;
  if (freshFor !== undefined && !(Number.isSafeInteger(freshFor) && freshFor >= 0)) {
    throw new TypeError(`freshFor is a number of whole seconds; it is ${freshFor}.`);
  }
}

export function lacking(
  claims: JWTPayload,
  needs: Needs,
  now: number,
  tolerance: number,
): Reason | undefined {
  const held = new Set(scopesOf(claims));
  if (needs.scopes?.some((scope) => !held.has(scope))) return 'scope-missing';
  const { acr, auth_time: authTime } = claims;
  if (needs.acr !== undefined && !includes(acrOf(needs), acr)) return 'wrong-acr';
  if (needs.phishingResistant && !includes(PHISHING_RESISTANT, acr)) {
    return 'not-phishing-resistant';
  }
  if (needs.freshFor !== undefined) {
    if (typeof authTime !== 'number') return 'not-fresh';
    const age = now - authTime * 1000;
    // A moment to come is no moment at which anything was proven.
    if (!(age >= -tolerance && age <= needs.freshFor * 1000 + tolerance)) return 'not-fresh';
  }
  return undefined;
}

/** What a challenge asks for: levels that satisfy every need at once. */
export function wantedAcr(needs: Needs): readonly string[] | undefined {
  if (needs.acr === undefined) return needs.phishingResistant ? PHISHING_RESISTANT : undefined;
  const wanted = acrOf(needs);
  return needs.phishingResistant
    ? wanted.filter((acr) => includes(PHISHING_RESISTANT, acr))
    : wanted;
}

export function scopesOf({ scope }: JWTPayload): readonly string[] {
  return typeof scope === 'string' ? scope.split(' ').filter(Boolean) : [];
}

function acrOf({ acr }: Needs): readonly string[] {
  if (acr === undefined) return [];
  return typeof acr === 'string' ? [acr] : acr;
}

function includes(list: readonly string[], value: unknown): boolean {
  return typeof value === 'string' && list.includes(value);
}
