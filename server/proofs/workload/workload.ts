/**
 * A token that somebody else gave the workload because of what it is: a service account of Kubernetes, a job of a CI system,
 * any OpenID issuer (RFC 7523 §3, draft-ietf-oauth-spiffe-client-auth). No secret exists at all; we hold whom we believe, and
 * which of their tokens: issuer, audience, and claims that must be there word for word, or begin with words that end where a
 * name ends.
 *
 * Such a token can be shown again while it lives, unless its issuer makes a new one for each use and `once` says so.
 */
import { z } from 'zod';
import { DAY } from '../../kernel/clock.ts';
import type { OutOfReach } from '../../kernel/out-of-reach.ts';
import { failed } from '../../kernel/result.ts';
import { Assertion, isFor, jtiOf, timesOf } from '../assertion.ts';
import { readJwks, type VerifyKey } from '../jwk.ts';
import { candidates, type RemoteKeys } from '../jwks.ts';
import { type Jws, signedBy } from '../jws.ts';
import { addProcessProof, createReadFacts, inForce, onlyOutOfForce } from '../process-held.ts';
import type {
  HeldProcessProof,
  ProcessProofClass,
  ProcessProofDeps,
  ProcessProofModule,
  ProcessVerdict,
} from '../process-proof.ts';
import { spendOnce } from '../spent-table.ts';

export interface WorkloadDeps extends ProcessProofDeps {
  readonly remoteKeys: RemoteKeys;
  readonly outOfReach: OutOfReach;
  /** The audience of a rule that names none: our issuer. */
  readonly audience: () => string;
}

const LONGEST = 16_384;
/** A token that lives longer is as good as a secret. */
const LIFE = DAY;
/** Those of access tokens and of what other protocols sign are no assertions (RFC 8725 §3.11). */
const TYPES = new Set<string | undefined>([undefined, 'jwt', 'jose', 'wimse-id+jwt']);

/** A beginning must end where a name ends: `repo:acme/` and not `repo:acme`, which `acme-evil` begins with too. */
const ENDS = /[:/#|,;=@]$/;

const word = z.string().min(1).max(512);
const claimRule = z.union([
  z.strictObject({ is: word }),
  z.strictObject({ begins: word.regex(ENDS, { error: 'must end with one of : / # | , ; = @' }) }),
]);
type ClaimRule = z.infer<typeof claimRule>;

const settingsShape = z.strictObject({
  issuer: z.url({ protocol: /^https$/ }).max(512),
  audience: word.optional(),
  claims: z.record(z.string().min(1).max(128), claimRule).refine(
    (claims) => {
      const count = Object.keys(claims).length;
      return count >= 1 && count <= 16 && Object.hasOwn(claims, 'sub');
    },
    { error: 'must say what `sub` is: an issuer gives tokens to others too' },
  ),
  /** Where its keys are: here, at an address, or, with neither, where its discovery document says. */
  jwks: z.record(z.string(), z.unknown()).optional(),
  jwksUri: z
    .url({ protocol: /^https$/ })
    .max(2048)
    .optional(),
  once: z.boolean().default(false),
});
type Facts = Omit<z.output<typeof settingsShape>, 'audience'> & { readonly audience: string };

interface Rule {
  readonly facts: Facts;
  readonly keys: readonly VerifyKey[] | undefined;
}

const classOf = (once: boolean): ProcessProofClass =>
  Object.freeze<ProcessProofClass>({
    kind: 'workload',
    factors: ['have'],
    phishingResistant: true,
    replayResistant: once,
    hardwareBound: false,
    enrolmentOnly: false,
    effort: 0,
  });
const ONCE = classOf(true);
const AGAIN = classOf(false);

export function createWorkload(deps: WorkloadDeps): ProcessProofModule {
  const { remoteKeys, outOfReach, audience } = deps;
  const kind = { kind: 'workload', most: 16 } as const;

  const read = createReadFacts<Facts, Rule>((facts) => {
    const set = facts.jwks === undefined ? undefined : readJwks(facts.jwks);
    return { facts, keys: set === undefined ? undefined : set.ok ? set.value : [] };
  });

  async function keysOf(
    { facts, keys }: Rule,
    kid: string | undefined,
  ): Promise<{ keys: readonly VerifyKey[] } | { retryAt: number }> {
    if (keys !== undefined) return { keys };
    const address =
      facts.jwksUri === undefined
        ? await remoteKeys.addressOf(facts.issuer)
        : ({ ok: true, value: facts.jwksUri } as const);
    if (!address.ok) return address.error;
    const remote = await remoteKeys.at(address.value, kid);
    return remote.ok ? { keys: remote.value } : remote.error;
  }

  const worth = (held: HeldProcessProof) => (read(held).facts.once ? ONCE : AGAIN);

  return {
    ...kind,
    guessable: false,
    describe: (held) => (held === undefined ? AGAIN : worth(held)),
    // It names a workload as its issuer knows it, which is no name of ours.
    claims: () => undefined,

    shown(held) {
      const { issuer, audience, claims, once, jwksUri } = read(held).facts;
      return { issuer, audience, claims, once, jwksUri: jwksUri ?? null };
    },

    async add(tx, adding) {
      const settings = settingsShape.safeParse(adding.settings);
      if (!settings.success) {
        const issue = settings.error.issues[0];
        const detail = issue
          ? `${issue.path.join('.')} ${issue.message}`.trim()
          : 'not of its form';
        return failed({ code: 'malformed', detail });
      }
      const { jwks, jwksUri } = settings.data;
      if (jwks !== undefined) {
        if (jwksUri !== undefined) {
          return failed({ code: 'malformed', detail: 'give `jwks` or `jwksUri`, not both' });
        }
        const set = readJwks(jwks);
        if (!set.ok) return failed({ code: 'malformed', detail: `jwks ${set.error}` });
        if (set.value.length === 0) {
          return failed({ code: 'not-allowed', detail: 'jwks has no key that can be used' });
        }
      }
      // Of an issuer whose keys are here or elsewhere, nothing is fetched.
      const called = jwks === undefined ? (jwksUri ?? settings.data.issuer) : undefined;
      const unreachable = called === undefined ? undefined : outOfReach(called);
      if (unreachable !== undefined) return failed({ code: 'not-allowed', detail: unreachable });
      const facts: Facts = { ...settings.data, audience: settings.data.audience ?? audience() };
      return addProcessProof(deps, kind, tx, adding, { facts });
    },

    async verify(held, data, moment): Promise<ProcessVerdict> {
      const jws = Assertion.jwsIn(data, LONGEST);
      if (jws === undefined || !TYPES.has(jws.typ)) return { sound: false, reason: 'malformed' };
      const times = timesOf(jws.claims, moment.now, LIFE);
      if (!times.ok) return { sound: false, reason: times.error };
      const live = inForce(held, 'workload', moment.now);
      if (live.length === 0) return { sound: false, reason: onlyOutOfForce(held, 'workload') };

      let retryAt: number | undefined;
      for (const proof of live) {
        const rule = read(proof);
        const { once, audience, issuer } = rule.facts;
        // All that costs nothing is compared first: keys are fetched for nobody whom the rule is not about.
        if (jws.claims.iss !== issuer || !isFor(jws.claims, [audience])) continue;
        if (!matches(jws, rule.facts.claims)) continue;
        const jti = jtiOf(jws.claims);
        if (once && jti === undefined) continue;
        const found = await keysOf(rule, jws.kid);
        if ('retryAt' in found) {
          retryAt = found.retryAt;
          continue;
        }
        const mayHave = candidates(found.keys, (key) => key, jws.kid);
        if (!mayHave.some((key) => signedBy(jws, key))) continue;
        return {
          sound: true,
          proof: proof.id,
          class: worth(proof),
          spend: async (tx) =>
            !once ||
            jti === undefined ||
            spendOnce(tx, { of: `workload ${issuer}`, name: jti, until: times.value.expiresAt }),
        };
      }
      return retryAt === undefined
        ? { sound: false, reason: 'wrong' }
        : { sound: false, reason: 'no-keys', retryAt };
    },
  };
}

function matches({ claims }: Jws, rules: Readonly<Record<string, ClaimRule>>): boolean {
  return Object.entries(rules).every(([name, rule]) => {
    const value = Object.hasOwn(claims, name) ? claims[name] : undefined;
    if (typeof value !== 'string') return false;
    return 'is' in rule
      ? value === rule.is
      : value.startsWith(rule.begins) && value.length > rule.begins.length;
  });
}
