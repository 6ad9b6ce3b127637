/**
 * What a client signed with its own key beside the proof of who it is: a request as a token (OpenID Connect CIBA Core §7.1.1, after
 * RFC 9101). Good once, for an hour at most (FAPI-CIBA §5.2.2), and for our issuer alone; and never good as a proof (RFC 9101 §10.8),
 * nor is a proof good as one: a proof names its subject, and such a request must not.
 */
import { HOUR } from '../../kernel/clock.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import { isFor, jtiOf, SKEW, timesOf } from '../assertion.ts';
import type { VerifyKey } from '../jwk.ts';
import { readJws, signedBy } from '../jws.ts';
import { inForce, onlyOutOfForce } from '../process-held.ts';
import type { HeldProcessProof, SignedWords, WordsAsked, WordsFault } from '../process-proof.ts';

const LONGEST = 8192;
const LIFE = HOUR;
const TYPES = new Set<string | undefined>([undefined, 'jwt', 'oauth-authz-req+jwt']);

export type KeysFor = (
  held: readonly HeldProcessProof[],
  kid: string | undefined,
) => FoundKeys | Promise<FoundKeys>;

interface FoundKeys {
  readonly chosen: readonly { readonly proof: HeldProcessProof; readonly key: VerifyKey }[];
  readonly retryAt: number | undefined;
}

export async function readSignedWords(
  { keysFor, issuer, algs }: { keysFor: KeysFor; issuer: string; algs: ReadonlySet<string> },
  held: readonly HeldProcessProof[],
  text: string,
  { client, now, profile }: WordsAsked,
): Promise<Result<SignedWords, WordsFault>> {
  const jws = readJws(text, LONGEST);
  if (jws === undefined || !TYPES.has(jws.typ)) return failed({ reason: 'malformed' });
  const { claims } = jws;
  const { iss, iat, nbf, exp, aud: _aud, jti: _jti, ...words } = claims;
  // CIBA Core §7.1.1: each of these has to be there.
  if (iat === undefined || nbf === undefined || exp === undefined || 'sub' in words) {
    return failed({ reason: 'malformed' });
  }
  if (iss !== client || (profile === 'fapi2' && !algs.has(jws.alg)))
    return failed({ reason: 'wrong' });
  if (!isFor(claims, [issuer])) return failed({ reason: 'not-here' });
  const times = timesOf(claims, now, LIFE);
  const name = jtiOf(claims);
  if (!times.ok) return failed({ reason: times.error });
  const { notBefore, expiresAt } = times.value;
  // FAPI-CIBA §5.2.2: it began within the last hour, and lives for one at most from then on.
  if (notBefore < now - LIFE - SKEW || expiresAt > notBefore + LIFE + SKEW) {
    return failed({ reason: 'wrong' });
  }
  if (name === undefined) return failed({ reason: 'malformed' });
  const live = inForce(held, 'key', now);
  if (live.length === 0) return failed({ reason: onlyOutOfForce(held, 'key') });
  const { chosen, retryAt } = await keysFor(live, jws.kid);
  if (!chosen.some(({ key }) => signedBy(jws, key))) {
    return failed(retryAt === undefined ? { reason: 'wrong' } : { reason: 'busy', retryAt });
  }
  return ok({ words, once: { of: `request ${client}`, name, until: expiresAt } });
}
