/**
 * The issuer's public keys. A token names its key by `kid` and that is all it may say: keys, addresses and certificates in its
 * header (`jwk`, `jku`, `x5u`, `x5c`) are never read, and the algorithm is the key's own, so that no header chooses it.
 */
import { type CryptoKey, importJWK, type JWK } from 'jose';
import { type Fetch, fetchText } from './fetch-text.ts';
import { createKept } from './kept.ts';

export interface VerifyingKey {
  readonly alg: string;
  readonly key: CryptoKey;
}

export type FoundKey =
  | { readonly found: 'key'; readonly key: VerifyingKey }
  | { readonly found: 'unknown' }
  | { readonly found: 'unavailable' };

export interface KeySet {
  find(kid: string): Promise<FoundKey>;
}

export interface KeySetOptions {
  readonly source: string | { readonly keys: readonly JWK[] };
  readonly algorithms: readonly string[];
  readonly fetch: Fetch;
  readonly now: () => number;
  readonly freshFor: number;
  readonly staleFor: number;
  readonly cooldown: number;
  readonly onFault: (fault: unknown) => void;
}

const MOST_BYTES = 256 * 1024;
const MOST_KEYS = 100;

export function createKeySet(options: KeySetOptions): KeySet {
  const { source, algorithms, fetch, now } = options;
  const kept = createKept<ReadonlyMap<string, VerifyingKey>>({
    ...options,
    retryAfter: Math.min(options.cooldown, 5_000),
    async load() {
      const at = now();
      const set: unknown =
        typeof source === 'string'
          ? JSON.parse(await fetchText(fetch, source, 'application/json', MOST_BYTES))
          : source;
      return { value: await readKeys(set, algorithms), at };
    },
  });

  return {
    async find(kid) {
      const keys = await kept.get();
      const key = keys?.get(kid);
      if (key !== undefined) return { found: 'key', key };
      // A key that was published since; asked for at most once in a cooldown, however many kids are made up.
      const renewed = await kept.renew();
      if (renewed === undefined) return { found: 'unavailable' };
      const late = renewed.get(kid);
      return late === undefined ? { found: 'unknown' } : { found: 'key', key: late };
    },
  };
}

async function readKeys(
  set: unknown,
  algorithms: readonly string[],
): Promise<ReadonlyMap<string, VerifyingKey>> {
  const list = isRecord(set) && Array.isArray(set.keys) ? set.keys : undefined;
  if (list === undefined) throw new Error('What was fetched is no JWK set (RFC 7517 §5).');
  if (list.length > MOST_KEYS) throw new Error(`A JWK set of ${list.length} keys is not read.`);

  const keys = new Map<string, VerifyingKey>();
  for (const jwk of list) {
    if (!isVerifying(jwk) || !algorithms.includes(jwk.alg)) continue;
    if (keys.has(jwk.kid)) throw new Error('Two keys of the JWK set have one kid.');
    const key = await importJWK(publicPart(jwk), jwk.alg);
    // `importJWK` gives bytes for symmetric keys only, and those were left out.
    keys.set(jwk.kid, { alg: jwk.alg, key: key as CryptoKey });
  }
  return keys;
}

type VerifyingJwk = JWK & { readonly kid: string; readonly alg: string; readonly kty: string };

/** RFC 7517 §4: a key for signatures, with a name and one algorithm. Others may stand beside it for other uses. */
function isVerifying(jwk: unknown): jwk is VerifyingJwk {
  return (
    isRecord(jwk) &&
    typeof jwk.kid === 'string' &&
    typeof jwk.alg === 'string' &&
    (jwk.kty === 'EC' || jwk.kty === 'OKP' || jwk.kty === 'RSA') &&
    (jwk.use === undefined || jwk.use === 'sig')
  );
}

function publicPart({ kty, crv, x, y, n, e }: VerifyingJwk): JWK {
  const defined = Object.entries({ kty, crv, x, y, n, e }).filter(([, part]) => part !== undefined);
  return { kty, ...Object.fromEntries(defined) };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
