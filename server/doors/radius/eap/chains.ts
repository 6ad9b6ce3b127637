/**
 * What came between a peer's certificate and a root, and when it was shown. A session that is taken up again brings the certificate alone,
 * and what it is judged by is to be as much as the first time, and as old as it is. Of those that were admitted, and not without bound:
 * whose chain is forgotten shows it again.
 */
import { createBoundedMap } from '../../../kernel/bounded-map.ts';

export interface Chains {
  keep(certificate: Uint8Array, issuers: readonly Uint8Array[], at: number): void;
  /** Undefined where that is forgotten. */
  of(certificate: Uint8Array): KeptChain | undefined;
}

export interface KeptChain {
  /** What such a certificate came with last, as far as anybody looked at it. */
  readonly issuers: readonly Uint8Array[];
  /** When its key was used last. */
  readonly at: number;
}

const MOST = 20_000;

export function createChains(fingerprint: (certificate: Uint8Array) => string): Chains {
  const kept = createBoundedMap<string, KeptChain>(MOST);
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
    keep(certificate, others, at) {
      kept.set(fingerprint(certificate), { issuers: others.map(once), at });
    },
    of: (certificate) => kept.get(fingerprint(certificate)),
  };
}
