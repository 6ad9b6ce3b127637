/**
 * What came between a peer's certificate and a root. A session that is taken up again brings the certificate alone, and what it is
 * judged by is to be as much as the first time. Of those that were admitted, and not without bound: whose chain is forgotten shows
 * it again.
 */
import { createBoundedMap } from '../../../kernel/bounded-map.ts';

export interface Chains {
  keep(chain: readonly Uint8Array[]): void;
  /** The chain that such a certificate came with last. */
  whole(chain: readonly Uint8Array[]): readonly Uint8Array[];
}

const MOST = 20_000;

export function createChains(fingerprint: (certificate: Uint8Array) => string): Chains {
  const kept = createBoundedMap<string, readonly Uint8Array[]>(MOST);
  /** One copy each: thousands come from a few issuers. */
  const issuers = createBoundedMap<string, Uint8Array>(MOST);

  function once(certificate: Uint8Array): Uint8Array {
    const key = fingerprint(certificate);
    const known = issuers.get(key);
    if (known !== undefined) return known;
    const copy = certificate.slice();
    issuers.set(key, copy);
    return copy;
  }

  return {
    keep([leaf, ...others]) {
      if (leaf === undefined || others.length === 0) return;
      kept.set(fingerprint(leaf), others.map(once));
    },
    whole(chain) {
      const [leaf] = chain;
      const others = leaf === undefined ? undefined : kept.get(fingerprint(leaf));
      return leaf === undefined || others === undefined ? chain : [leaf, ...others];
    },
  };
}
