/**
 * Fetching from addresses that came from outside, such as where somebody publishes their keys. Whoever may write such an address
 * must not be able to make us call what only we can reach. So:
 *
 *   https alone    and the certificate must be good for the name
 *   the address    is looked up here, each one found must be public, and the connection goes to one of those that were looked at:
 *                  a name that answers otherwise the second time gains nothing (DNS rebinding)
 *   one answer     of status 200, as it is: redirects are not followed, nothing is unpacked
 *   bounds         on bytes, on time from the first question to the last byte, and on how many run at once
 *
 * What was got is kept for a while, and so is that something could not be got: a flood of tokens that name an address makes one
 * request to it.
 */
import { createBoundedMap } from '../kernel/bounded-map.ts';
import { fromUtf8 } from '../kernel/bytes.ts';
import { type Clock, HOUR, MINUTE, SECOND } from '../kernel/clock.ts';
import type { Later } from '../kernel/later.ts';
import type { Notice } from '../kernel/notice.ts';
import { failed, ok, type Result } from '../kernel/result.ts';
import { createFetchOutside } from './fetch-outside.ts';
import { type OutsideRule, readOutsideUrl } from './outside-address.ts';

export interface SafeFetchDeps extends OutsideRule {
  readonly clock: Clock;
  readonly later: Later;
  /** Told of what can't be had, where that is for whoever runs Sallyport to mend. */
  readonly notice?: Notice;
}

export type FetchFault = { readonly why: string; readonly retryAt: number };

export type SafeFetch = (
  url: string,
  options?: { readonly newer?: boolean },
) => Promise<Result<string, FetchFault>>;

export const LARGEST_ANSWER = 64 * 1024;
export const LONGEST_FETCH = 5 * SECOND;
/** How long what was got is as good as new. */
export const FRESH = 10 * MINUTE;
/** How long it is used when nothing newer can be got: what was withdrawn there counts for so long at most. */
const USABLE = HOUR;
/** No more than one request to an address in so long, whether it succeeds or not. */
const EVERY = 30 * SECOND;
/** How often the same fault of the same address is told. */
const TOLD_EVERY = 10 * MINUTE;
const MOST_KEPT = 256;
const MOST_AT_ONCE = 16;

interface Kept {
  readonly text: string | undefined;
  /** When the text was got. */
  readonly gotAt: number;
  /** When it was last tried. */
  readonly triedAt: number;
  readonly why: string;
  /** When that was told. */
  readonly toldAt: number;
}

export function createSafeFetch(deps: SafeFetchDeps): SafeFetch {
  const { clock } = deps;
  const kept = createBoundedMap<string, Kept>(MOST_KEPT);
  const running = new Map<string, Promise<Kept>>();

  const fetchOutside = createFetchOutside(deps, {
    accept: 'application/jwk-set+json, application/json',
    largest: LARGEST_ANSWER,
    longest: LONGEST_FETCH,
  });

  async function attempt(url: URL): Promise<Result<string, string>> {
    const got = await fetchOutside(url);
    if (!got.ok) return got;
    try {
      return ok(fromUtf8(got.value));
    } catch {
      return failed('it is not UTF-8'); // Bytes of strangers: an expected outcome.
    }
  }

  async function renew(text: string, url: URL, before: Kept | undefined): Promise<Kept> {
    const got = await attempt(url);
    const now = clock.now();
    if (got.ok) {
      const entry: Kept = { text: got.value, gotAt: now, triedAt: now, why: '', toldAt: 0 };
      kept.set(text, entry);
      return entry;
    }
    const why = got.error;
    const again = before?.why === why && now < before.toldAt + TOLD_EVERY;
    if (!again) deps.notice?.('warn', `What is published at ${text} can’t be had: ${why}.`);
    const toldAt = again ? before.toldAt : now;
    const entry: Kept = {
      text: before?.text,
      gotAt: before?.gotAt ?? 0,
      triedAt: now,
      why,
      toldAt,
    };
    kept.set(text, entry);
    return entry;
  }

  function answer({ text, gotAt, triedAt, why }: Kept): Result<string, FetchFault> {
    if (text !== undefined && clock.now() < gotAt + USABLE) return ok(text);
    return failed({ why, retryAt: triedAt + EVERY });
  }

  return async (text, { newer = false } = {}) => {
    const url = readOutsideUrl(text, deps);
    const now = clock.now();
    if (typeof url === 'string') return failed({ why: url, retryAt: now + EVERY });
    const known = kept.get(text);
    if (known !== undefined) {
      const fresh = known.text !== undefined && now < known.gotAt + FRESH;
      if ((fresh && !newer) || now < known.triedAt + EVERY) return answer(known);
    }
    let under = running.get(text);
    if (under === undefined) {
      if (running.size >= MOST_AT_ONCE) {
        return known === undefined
          ? failed({ why: 'too many are being fetched', retryAt: now + SECOND })
          : answer(known);
      }
      under = renew(text, url, known).finally(() => running.delete(text));
      running.set(text, under);
    }
    return answer(await under);
  };
}
