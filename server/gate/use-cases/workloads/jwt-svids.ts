/** Tokens that say which process a program is (JWT-SVID), signed with the keys that our other tokens are signed with. */
import type { SigningKeys } from '../../../authority/signing-keys.ts';
import { createBoundedMap } from '../../../kernel/bounded-map.ts';
import { type Clock, SECOND } from '../../../kernel/clock.ts';
import type { ProcessId } from '../../../kernel/id.ts';
import { failed, ok, type Result } from '../../../kernel/result.ts';
import { spiffeIdOf, spiffeIdProblem } from './spiffe-id.ts';

export interface ValidJwtSvid {
  readonly spiffeId: string;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** `ended`: it was given rightly, and its process was changed, disabled or lost its program since. */
export type JwtSvidRefused = 'malformed' | 'wrong' | 'ended';

export interface StandingProcess {
  readonly id: ProcessId;
  readonly name: string;
  readonly active: boolean;
  readonly epoch: number;
}

interface Kept {
  readonly until: number;
  readonly value: string;
}

/** JWT-SVID §2.1 has no EdDSA. */
const ALGORITHM = 'ES256';
const MOST_KEPT = 10_000;

export function createJwtSvids(
  deps: {
    readonly signing: Pick<SigningKeys, 'ready' | 'sign' | 'verify' | 'jwks' | 'kidOf'>;
    readonly clock: Clock;
    readonly trustDomain: () => string;
    /** As it is now; undefined for what is no process any more. */
    readonly processOf: (id: string) => Promise<StandingProcess | undefined>;
  },
  lifetime: number,
) {
  const { signing, clock, trustDomain, processOf } = deps;
  const known = createBoundedMap<string, Kept>(MOST_KEPT);

  return {
    ready: () => signing.ready(ALGORITHM),

    /** One that was made before, while half of its life is left. */
    of(
      process: { readonly id: ProcessId; readonly name: string; readonly epoch: number },
      audience: readonly string[],
    ): Kept {
      const now = clock.now();
      const { id, name, epoch } = process;
      const key = JSON.stringify([id, epoch, signing.kidOf(ALGORITHM), ...audience]);
      const kept = known.get(key);
      if (kept !== undefined && kept.until - lifetime / 2 > now) return kept;
      const until = now + lifetime;
      // No `iss`: with one it could pass for an ID token of ours. Who issued it the trust domain in `sub` says.
      const value = signing.sign(
        ALGORITHM,
        { typ: 'JWT' },
        {
          sub: spiffeIdOf(trustDomain(), name),
          aud: audience,
          iat: Math.floor(now / SECOND),
          exp: Math.floor(until / SECOND),
          // Ours alone look at these two: one that was shut out since is refused before it ends.
          process: id,
          epoch,
        },
      );
      const made = { until, value };
      known.set(key, made);
      return made;
    },

    async bundle(): Promise<{ readonly trustDomain: string; readonly jwks: string }> {
      await signing.ready(ALGORITHM);
      // `use` is what SPIFFE's own bundles say (SPIFFE_Trust_Domain_and_Bundle §4.2.2).
      const keys = signing
        .jwks()
        .keys.filter(({ alg }) => alg === ALGORITHM)
        .map((key) => ({ ...key, use: 'jwt-svid' }));
      return { trustDomain: trustDomain(), jwks: JSON.stringify({ keys }) };
    },

    async validate(audience: string, svid: string): Promise<Result<ValidJwtSvid, JwtSvidRefused>> {
      if (audience === '') return failed('malformed');
      await signing.ready(ALGORITHM);
      const read = signing.verify(svid);
      if (!read.ok) return failed(read.error === 'malformed' ? 'malformed' : 'wrong');
      const { alg, typ, claims } = read.value;
      const { sub, aud, exp } = claims;
      const audiences = Array.isArray(aud) ? aud : [aud];
      // Our keys sign other tokens too: what has an issuer is one of those.
      const good =
        alg === ALGORITHM &&
        typ === 'JWT' &&
        claims.iss === undefined &&
        typeof sub === 'string' &&
        spiffeIdProblem(sub) === undefined &&
        sub.startsWith(`spiffe://${trustDomain()}/`) &&
        audiences.includes(audience) &&
        typeof exp === 'number' &&
        exp * SECOND > clock.now();
      if (!good || typeof claims.process !== 'string') return failed('wrong');
      const process = await processOf(claims.process);
      const stands =
        process?.active === true &&
        process.epoch === claims.epoch &&
        sub === spiffeIdOf(trustDomain(), process.name);
      return stands ? ok({ spiffeId: sub, claims }) : failed('ended');
    },
  };
}
