/** What a verifier is made from, checked once and with every default filled in. A mistake is thrown here, before any request. */
import type { JWK } from 'jose';
import { originOf } from './address.ts';
import { checkedAddress, type Fetch } from './fetch-text.ts';
import { createNonces, type Nonces } from './nonces.ts';
import type { Reason } from './refusals.ts';
import { createReplayMemory, type ReplayMemory } from './replay-memory.ts';
import type { RequestToVerify } from './request.ts';

export interface VerifierOptions {
  /** As in the token: `https://id.example.com/oidc`. */
  readonly issuer: string;
  /** What this API is called at the issuer; a token for another is refused. */
  readonly audience: string | readonly string[];
  /** Where clients reach this API, for DPoP: `https://api.example.com`. Without it, the origins of the audiences that are URLs. */
  readonly origin?: string | readonly string[];
  /** Where the keys are, or the keys themselves. Default: `${issuer}/jwks`. */
  readonly jwks?: string | { readonly keys: readonly JWK[] };
  /** Signature algorithms of tokens. Each key has one of its own; this can only take some away. */
  readonly algorithms?: readonly string[];
  /** Refuse tokens that are bound to no key and no certificate. */
  readonly boundOnly?: boolean;
  /** How far clocks may be apart, in seconds. Default: 5. */
  readonly clockTolerance?: number;
  readonly keys?: {
    /** Seconds until keys are fetched anew. Default: 600. */
    readonly freshFor?: number;
    /** Seconds for which they are used beyond that when they can't be. Default: 3600. */
    readonly staleFor?: number;
    /** Seconds between fetches for keys that are not known. Default: 30. */
    readonly cooldown?: number;
  };
  /** Ended grants. `false`: tokens are good until they expire, whatever happens. */
  readonly status?:
    | false
    | {
        /** Default: `${issuer}/status`. */
        readonly address?: string;
        /** Seconds between fetches, and so until an end is seen. Default: 10. */
        readonly pollEvery?: number;
        /** Seconds for which a list is believed beyond that when it can't be had. Default: 60. */
        readonly staleFor?: number;
      };
  readonly dpop?: {
    /** Default: ES256, EdDSA, Ed25519, PS256, as at the issuer. */
    readonly algorithms?: readonly string[];
    /** Seconds for which a proof is good. Default: 60. */
    readonly proofAge?: number;
    /** Ask clients for nonces: 32 bytes or more, the same in every process of this API. */
    readonly nonceSecret?: Uint8Array;
    /** Where spent proofs are remembered. Default: in this process, 200,000 in all and 5,000 of one key. */
    readonly replays?: ReplayMemory;
  };
  /** Milliseconds since the epoch. Default: `Date.now`. */
  readonly now?: () => number;
  readonly fetch?: Fetch;
  /** Told of every fault in fetching keys and status, for a log. */
  readonly onFault?: (fault: unknown) => void;
  /** Told of every refusal, for a log: callers are told less. */
  readonly onRefused?: (reason: Reason, request: RequestToVerify) => void;
}

export interface Settings {
  readonly issuer: string;
  readonly audience: readonly string[];
  readonly origins: readonly string[];
  readonly jwks: string | { readonly keys: readonly JWK[] };
  readonly algorithms: readonly string[];
  readonly boundOnly: boolean;
  readonly tolerance: number;
  readonly keys: {
    readonly freshFor: number;
    readonly staleFor: number;
    readonly cooldown: number;
  };
  readonly status:
    | { readonly address: string; readonly pollEvery: number; readonly staleFor: number }
    | undefined;
  readonly proofAlgorithms: readonly string[];
  readonly proofAge: number;
  readonly nonces: Nonces | undefined;
  readonly replays: ReplayMemory;
  readonly now: () => number;
  readonly fetch: Fetch;
  readonly onFault: (fault: unknown) => void;
  readonly onRefused: (reason: Reason, request: RequestToVerify) => void;
}

/** What the issuer signs with. */
const ALGORITHMS = ['ES256', 'EdDSA', 'Ed25519', 'RS256', 'PS256'];
/** What it binds tokens to keys by (`dpop_signing_alg_values_supported`). */
const PROOF_ALGORITHMS = ['ES256', 'EdDSA', 'Ed25519', 'PS256'];
const ASYMMETRIC = /^(?:ES(?:256|384|512)|EdDSA|Ed25519|(?:RS|PS)(?:256|384|512))$/;

export function settingsOf(options: VerifierOptions): Settings {
  const { keys = {}, status = {}, dpop = {} } = options;
  const audience = [options.audience].flat();
  if (audience.length === 0 || !audience.every((name) => typeof name === 'string' && name !== '')) {
    throw new TypeError('A verifier needs an audience: what this API is called at the issuer.');
  }
  const issuer = checkedAddress(options.issuer, 'The issuer');
  const jwks = options.jwks ?? `${issuer}/jwks`;
  if (typeof jwks === 'string') checkedAddress(jwks, 'The address of the keys');
  return {
    issuer,
    audience,
    origins: originsOf(options, audience),
    jwks,
    algorithms: asymmetric(options.algorithms ?? ALGORITHMS),
    boundOnly: options.boundOnly ?? false,
    tolerance: milliseconds('clockTolerance', options.clockTolerance, 5, 300),
    keys: {
      freshFor: milliseconds('keys.freshFor', keys.freshFor, 600),
      staleFor: milliseconds('keys.staleFor', keys.staleFor, 3600),
      cooldown: milliseconds('keys.cooldown', keys.cooldown, 30),
    },
    status: status === false ? undefined : statusOf(status, issuer),
    proofAlgorithms: asymmetric(dpop.algorithms ?? PROOF_ALGORITHMS),
    proofAge: milliseconds('dpop.proofAge', dpop.proofAge, 60, 600),
    nonces: dpop.nonceSecret && createNonces(dpop.nonceSecret),
    replays: dpop.replays ?? createReplayMemory({ most: 200_000, mostPerKey: 5_000 }),
    now: options.now ?? Date.now,
    fetch: options.fetch ?? ((address, init) => globalThis.fetch(address, init)),
    onFault: options.onFault ?? (() => undefined),
    onRefused: options.onRefused ?? (() => undefined),
  };
}

function statusOf(status: Exclude<VerifierOptions['status'], false | undefined>, issuer: string) {
  return {
    address: checkedAddress(status.address ?? `${issuer}/status`, 'The address of the status list'),
    pollEvery: milliseconds('status.pollEvery', status.pollEvery, 10),
    staleFor: milliseconds('status.staleFor', status.staleFor, 60),
  };
}

function originsOf({ origin }: VerifierOptions, audience: readonly string[]): readonly string[] {
  if (origin === undefined) return audience.flatMap((name) => originOf(name) ?? []);
  return [origin].flat().map((address) => {
    const read = originOf(address);
    if (read === undefined || (address !== read && address !== `${read}/`)) {
      throw new TypeError(`An origin is scheme, host and port, no more: ${address}.`);
    }
    return read;
  });
}

function asymmetric(algorithms: readonly string[]): readonly string[] {
  const wrong = algorithms.find((alg) => !ASYMMETRIC.test(alg));
  if (wrong !== undefined) throw new TypeError(`${wrong} is no asymmetric signature algorithm.`);
  if (algorithms.length === 0) throw new TypeError('An empty list of algorithms lets nobody in.');
  return algorithms;
}

function milliseconds(name: string, given: number | undefined, usual: number, most = 86_400) {
  const seconds = given ?? usual;
  if (!(Number.isFinite(seconds) && seconds >= 0 && seconds <= most)) {
    throw new TypeError(`${name} is a number of seconds from 0 to ${most}; it is ${seconds}.`);
  }
  return seconds * 1000;
}
