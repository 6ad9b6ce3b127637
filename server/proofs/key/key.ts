/**
 * A key of the process's own: it signs a short-lived assertion that names itself and us (private_key_jwt: OpenID Connect Core
 * §9, RFC 7523 §2.2 and §3). We hold the public key, or the address at which the process publishes its keys; so nothing that
 * is kept here is of use to whoever steals it. An assertion is good once, for five minutes at most, and for us alone.
 */
import { z } from 'zod';
import { DAY, MINUTE } from '../../kernel/clock.ts';
import type { OutOfReach } from '../../kernel/out-of-reach.ts';
import { failed } from '../../kernel/result.ts';
import { Assertion, isFor, jtiOf, timesOf } from '../assertion.ts';
import { readJwk, type VerifyKey } from '../jwk.ts';
import { candidates, type RemoteKeys } from '../jwks.ts';
import { signedBy } from '../jws.ts';
import { addProcessProof, createReadFacts, inForce, onlyOutOfForce } from '../process-held.ts';
import type {
  HeldProcessProof,
  ProcessProofClass,
  ProcessProofDeps,
  ProcessProofModule,
  ProcessVerdict,
} from '../process-proof.ts';
import { spendOnce } from '../spent-table.ts';
import { readSignedWords } from './signed-words.ts';

export interface KeyDeps extends ProcessProofDeps {
  readonly remoteKeys: RemoteKeys;
  readonly outOfReach: OutOfReach;
  /** What an assertion is addressed to; our token endpoint below it will do as well. */
  readonly issuer: () => string;
}

/** What is held: one public key, or an address. */
type Facts =
  | {
      readonly jwk: Readonly<Record<string, string>>;
      readonly kid?: string;
      readonly thumbprint: string;
    }
  | { readonly jwksUri: string };

const LONGEST = 8192;
const LIFE = 5 * MINUTE;
/** Keys are to be changed now and then; those at an address are changed there. */
const KEY_LIFE = 2 * 365 * DAY;
const KEY_USUAL = 365 * DAY;

/** RFC 7523 names none, and drafts have their own; the types of other tokens are refused (RFC 8725 §3.11). */
const TYPES = new Set<string | undefined>([undefined, 'jwt', 'client-authentication+jwt']);

/** FAPI 2.0 Security Profile §5.4.1. */
const FAPI2_ALGS: ReadonlySet<string> = new Set(['ES256', 'EdDSA', 'Ed25519', 'PS256']);

const settingsShape = z.union([
  z.strictObject({ jwk: z.record(z.string(), z.unknown()) }),
  z.strictObject({ jwksUri: z.url({ protocol: /^https$/ }).max(2048) }),
]);

const CLASS = Object.freeze<ProcessProofClass>({
  kind: 'key',
  factors: ['have'],
  phishingResistant: true,
  replayResistant: true,
  hardwareBound: false,
  enrolmentOnly: false,
  effort: 0,
});

interface KeyOf {
  readonly proof: HeldProcessProof;
  readonly key: VerifyKey;
}

const keyIn = ({ key }: KeyOf) => key;

export function createKey(deps: KeyDeps): ProcessProofModule {
  const { remoteKeys, outOfReach, issuer } = deps;
  const kind = { kind: 'key', most: 8 } as const;

  const read = createReadFacts<Facts, VerifyKey | { readonly jwksUri: string } | 'unreadable'>(
    (facts) => {
      if ('jwksUri' in facts) return facts;
      const key = readJwk({ ...facts.jwk, ...(facts.kid === undefined ? {} : { kid: facts.kid }) });
      return key.ok ? key.value : 'unreadable';
    },
  );

  /** The keys that may have signed, each with the proof that it belongs to: at once, where none are kept elsewhere. */
  function keysFor(held: readonly HeldProcessProof[], kid: string | undefined) {
    const own: KeyOf[] = [];
    const elsewhere: { proof: HeldProcessProof; uri: string }[] = [];
    for (const proof of held) {
      const known = read(proof);
      if (known === 'unreadable') continue;
      if ('jwksUri' in known) elsewhere.push({ proof, uri: known.jwksUri });
      else own.push({ proof, key: known });
    }
    if (elsewhere.length > 0) return withRemote(own, elsewhere, kid);
    return { chosen: candidates(own, keyIn, kid), retryAt: undefined };
  }

  async function withRemote(
    own: readonly KeyOf[],
    elsewhere: readonly { readonly proof: HeldProcessProof; readonly uri: string }[],
    kid: string | undefined,
  ) {
    const all = [...own];
    let retryAt: number | undefined;
    for (const { proof, uri } of elsewhere) {
      const remote = await remoteKeys.at(uri, kid);
      if (remote.ok) for (const key of remote.value) all.push({ proof, key });
      else retryAt = remote.error.retryAt;
    }
    return { chosen: candidates(all, keyIn, kid), retryAt };
  }

  return {
    ...kind,
    guessable: false,
    describe: () => CLASS,

    claims(data) {
      const sub = Assertion.jwsIn(data, LONGEST)?.claims.sub;
      return typeof sub === 'string' ? sub : undefined;
    },

    shown(held) {
      const known = read(held);
      if (known === 'unreadable') return { unreadable: true };
      return 'jwksUri' in known
        ? { jwksUri: known.jwksUri }
        : { alg: known.alg, thumbprint: known.thumbprint, kid: known.kid ?? null };
    },

    async add(tx, adding) {
      const settings = settingsShape.safeParse(adding.settings);
      if (!settings.success) {
        const detail = 'give a public key as `jwk`, or the https address of your keys as `jwksUri`';
        return failed({ code: 'malformed', detail });
      }
      if ('jwksUri' in settings.data) {
        const { jwksUri } = settings.data;
        const unreachable = outOfReach(jwksUri);
        if (unreachable !== undefined) return failed({ code: 'not-allowed', detail: unreachable });
        return addProcessProof(deps, kind, tx, adding, { facts: { jwksUri } });
      }
      const key = readJwk(settings.data.jwk);
      if (!key.ok) return failed({ code: 'not-allowed', detail: `the key ${key.error}` });
      const { alg, kid, jwk, thumbprint } = key.value;
      const facts = { jwk: { ...jwk, alg }, ...(kid === undefined ? {} : { kid }), thumbprint };
      return addProcessProof(deps, kind, tx, adding, {
        facts,
        unique: thumbprint,
        longest: KEY_LIFE,
        usual: KEY_USUAL,
      });
    },

    signed: (held, text, asked) =>
      readSignedWords({ keysFor, issuer: issuer(), algs: FAPI2_ALGS }, held, text, asked),

    async verify(held, data, moment): Promise<ProcessVerdict> {
      const jws = Assertion.jwsIn(data, LONGEST);
      if (jws === undefined || !TYPES.has(jws.typ)) return { sound: false, reason: 'malformed' };
      const { claims } = jws;
      // RFC 7523 §3: issuer and subject are the client itself, as it called itself to us.
      if (claims.iss !== moment.claimed || claims.sub !== moment.claimed) {
        return { sound: false, reason: 'wrong' };
      }
      // FAPI 2.0 Security Profile §5.3.2.1: for our issuer as a string, not in a list and not by another address of ours.
      const isForUs =
        moment.profile === 'fapi2'
          ? claims.aud === issuer()
          : isFor(claims, [issuer(), `${issuer()}/token`]);
      if (!isForUs) return { sound: false, reason: 'not-here' };
      if (moment.profile === 'fapi2' && !FAPI2_ALGS.has(jws.alg)) {
        return { sound: false, reason: 'wrong' };
      }
      const times = timesOf(claims, moment.now, LIFE);
      if (!times.ok) return { sound: false, reason: times.error };
      const jti = jtiOf(claims);
      if (jti === undefined) return { sound: false, reason: 'malformed' };

      const live = inForce(held, 'key', moment.now);
      if (live.length === 0) return { sound: false, reason: onlyOutOfForce(held, 'key') };
      const found = keysFor(live, jws.kid);
      const { chosen, retryAt } = found instanceof Promise ? await found : found;
      const signer = chosen.find(({ key }) => signedBy(jws, key));
      if (signer === undefined) {
        return retryAt === undefined
          ? { sound: false, reason: 'wrong' }
          : { sound: false, reason: 'no-keys', retryAt };
      }
      const { process, id } = signer.proof;
      return {
        sound: true,
        proof: id,
        class: CLASS,
        spend: (tx) =>
          spendOnce(tx, { of: `key ${process}`, name: jti, until: times.value.expiresAt }),
      };
    },
  };
}
