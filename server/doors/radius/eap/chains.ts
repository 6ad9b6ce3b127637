/**
 * What came between a peer's certificate and a root, and when it was shown. A session that is taken up again brings the certificate alone,
 * and what it is judged by is to be as much as the first time, and as old as it is. Of those that were admitted, and not without bound:
 * whose chain is forgotten shows it again.
 *
 * One certificate may have several such sessions, in several supplicants, and nothing tells which of them it is that is taken up. So each
 * counts for as old as the oldest that can be: that the card is shown at one place makes no ticket fresh that lies at another.
 */
import { createBoundedMap } from '../../../kernel/bounded-map.ts';
import type { TlsVersion } from './tls-engine.ts';

export interface Chains {
  keep(shown: ShownInTls, issuers: readonly Uint8Array[], at: number): void;
  /** Undefined where that is forgotten. */
  of(shown: ShownInTls, now: number): KeptChain | undefined;
}

export interface ShownInTls {
  readonly certificate: Uint8Array;
  /** A session of one is taken up by no other. */
  readonly version: TlsVersion | undefined;
}

export interface KeptChain {
  /** What such a certificate came with last, as far as anybody looked at it. */
  readonly issuers: readonly Uint8Array[];
  /** When its key was used for the oldest session that can be taken up still; undefined where that is not known. */
  readonly at: number | undefined;
}

interface Kept {
  readonly issuers: readonly Uint8Array[];
  /** When its key was used, the oldest first. */
  readonly times: readonly number[];
}

const MOST = 20_000;
/** Of one that is used more often within the life of a ticket, the last count for as old as the one before them. */
const MOST_TIMES = 8;

export function createChains(
  fingerprint: (certificate: Uint8Array) => string,
  resumable: number,
): Chains {
  const kept = createBoundedMap<string, Kept>(MOST);
  const keyOf = ({ certificate, version }: ShownInTls) =>
    `${version ?? ''} ${fingerprint(certificate)}`;
  const live = (times: readonly number[], now: number) =>
    times.filter((at) => at > now - resumable);
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
    keep(shown, others, at) {
      const key = keyOf(shown);
      const times = live(kept.get(key)?.times ?? [], at);
      kept.set(key, {
        issuers: others.map(once),
        times: times.length < MOST_TIMES ? [...times, at] : times,
      });
    },
    of(shown, now) {
      const known = kept.get(keyOf(shown));
      return known && { issuers: known.issuers, at: live(known.times, now)[0] };
    },
  };
}
