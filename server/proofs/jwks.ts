/** The keys of someone else, by the address at which they publish them. */
import { createBoundedMap } from '../kernel/bounded-map.ts';
import type { Clock } from '../kernel/clock.ts';
import { SECOND } from '../kernel/clock.ts';
import { failed, ok, type Result } from '../kernel/result.ts';
import { readJwks, type VerifyKey } from './jwk.ts';

/**
 * Fetches text from an address that came from outside; http/safe-fetch.ts is made for that. It keeps what it got, and what it
 * could not get, for a while; `newer` asks for something newer than what was got before, which it grants now and then.
 */
export type FetchText = (
  url: string,
  options?: { readonly newer?: boolean },
) => Promise<Result<string, { readonly why: string; readonly retryAt: number }>>;

export interface RemoteKeys {
  /** The keys at an address. With a `kid` that is not among those known, newer ones are asked for. */
  at(
    url: string,
    kid: string | undefined,
  ): Promise<Result<readonly VerifyKey[], { readonly retryAt: number }>>;
  /** The address of the keys of an issuer, by its discovery document (OpenID Connect Discovery §4.3). */
  addressOf(issuer: string): Promise<Result<string, { readonly retryAt: number }>>;
}

const MOST_KEPT = 1000;

export function createRemoteKeys({
  fetchText,
  clock,
}: {
  fetchText: FetchText;
  clock: Clock;
}): RemoteKeys {
  /** Parsed sets by their text: while it is the same, so are the keys. */
  const parsed = createBoundedMap<string, readonly VerifyKey[]>(MOST_KEPT);

  const later = () => failed({ retryAt: clock.now() + 30 * SECOND });

  function read(text: string): readonly VerifyKey[] | undefined {
    const known = parsed.get(text);
    if (known !== undefined) return known;
    const set = readJwks(json(text));
    if (!set.ok) return undefined;
    parsed.set(text, set.value);
    return set.value;
  }

  return {
    async at(url, kid) {
      const got = await fetchText(url);
      if (!got.ok) return failed({ retryAt: got.error.retryAt });
      const keys = read(got.value);
      if (keys === undefined) return later();
      if (kid === undefined || keys.some((key) => key.kid === kid)) return ok(keys);
      const newer = await fetchText(url, { newer: true });
      const after = newer.ok ? read(newer.value) : undefined;
      return ok(after ?? keys);
    },

    async addressOf(issuer) {
      const got = await fetchText(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
      if (!got.ok) return failed({ retryAt: got.error.retryAt });
      const document = json(got.value);
      if (typeof document !== 'object' || document === null) return later();
      const { issuer: named, jwks_uri: address } = document as Readonly<Record<string, unknown>>;
      // Whoever can put a document of another issuer there must not speak for this one (RFC 8414 §3.3).
      return named === issuer && typeof address === 'string' ? ok(address) : later();
    },
  };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Text of strangers: that it is no JSON is an expected outcome.
  }
}

/** Each one that is tried costs a check of a signature. */
const MOST_TRIED = 4;

/**
 * Those of some keys that a token may have been signed with. What the token calls its key chooses among them and does nothing
 * else: it is never looked up anywhere. A key that was given no name may be called anything.
 */
export function candidates<T>(
  from: readonly T[],
  keyOf: (of: T) => VerifyKey,
  kid: string | undefined,
): T[] {
  if (kid === undefined) return from.slice(0, MOST_TRIED);
  const named = from.filter((each) => keyOf(each).kid === kid || keyOf(each).thumbprint === kid);
  const nameless = from.filter((each) => keyOf(each).kid === undefined && !named.includes(each));
  return [...named, ...nameless].slice(0, MOST_TRIED);
}
