/**
 * What came between a peer's certificate and a root. A session that is taken up again brings the certificate alone, and what it is
 * judged by is to be as much as the first time. Of those that were admitted, and not without bound: whose chain is forgotten shows
 * it again.
 */
export interface Chains {
  keep(chain: readonly Uint8Array[]): void;
  /** The chain that such a certificate came with last. */
  whole(chain: readonly Uint8Array[]): readonly Uint8Array[];
}

const MOST = 20_000;

export function createChains(fingerprint: (certificate: Uint8Array) => string): Chains {
  const kept = new Map<string, readonly Uint8Array[]>();
  /** One copy each: thousands come from a few issuers. */
  const issuers = new Map<string, Uint8Array>();

  function once(certificate: Uint8Array): Uint8Array {
    const key = fingerprint(certificate);
    const known = issuers.get(key);
    if (known !== undefined) return known;
    if (issuers.size >= MOST) issuers.clear();
    const copy = certificate.slice();
    issuers.set(key, copy);
    return copy;
  }

  return {
    keep([leaf, ...others]) {
      if (leaf === undefined || others.length === 0) return;
      const key = fingerprint(leaf);
      kept.delete(key);
      kept.set(key, others.map(once));
      const [oldest] = kept.keys();
      if (kept.size > MOST && oldest !== undefined) kept.delete(oldest);
    },
    whole(chain) {
      const [leaf] = chain;
      const others = leaf === undefined ? undefined : kept.get(fingerprint(leaf));
      return leaf === undefined || others === undefined ? chain : [leaf, ...others];
    },
  };
}
