/**
 * What came between a peer's certificate and a root, and when it was shown. A session that is taken up again brings the certificate alone,
 * and what it is judged by is to be as much as the first time, and as old as it is. Of those that were admitted, and not without bound:
 * whose chain is forgotten shows it again.
 */
import { createBoundedMap } from '../../../kernel/bounded-map.ts';

export interface Chains {
  keep(chain: readonly Uint8Array[], at: number): void;
  /** The chain that such a certificate came with last. */
  whole(chain: readonly Uint8Array[]): readonly Uint8Array[];
  /** When such a certificate's key was used last; undefined where that is forgotten. */
  shownAt(chain: readonly Uint8Array[]): number | undefined;
}

interface Kept {
  readonly others: readonly Uint8Array[];
  readonly at: number;
}

const MOST = 20_000;

export function createChains(fingerprint: (certificate: Uint8Array) => string): Chains {
  const kept = createBoundedMap<string, Kept>(MOST);
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

  const found = ([leaf]: readonly Uint8Array[]) =>
    leaf === undefined ? undefined : kept.get(fingerprint(leaf));

  return {
    keep([leaf, ...others], at) {
      if (leaf !== undefined) kept.set(fingerprint(leaf), { others: others.map(once), at });
    },
    whole: (chain) => [...chain.slice(0, 1), ...(found(chain)?.others ?? chain.slice(1))],
    shownAt: (chain) => found(chain)?.at,
  };
}
