/**
 * Grants that ended before their tokens did. Tokens live short; whoever signs out, is disabled or is revoked ends sooner, and the
 * issuer says so in a list that it signs. A list is believed for a bounded while. Without one, nobody can know: closed.
 */
import { decodeProtectedHeader, jwtVerify } from 'jose';
import { type Fetch, fetchText } from './fetch-text.ts';
import { createKept } from './kept.ts';
import type { KeySet } from './key-set.ts';
import type { Reason } from './refusals.ts';

export interface StatusOptions {
  readonly address: string;
  readonly issuer: string;
  readonly keys: KeySet;
  readonly fetch: Fetch;
  readonly now: () => number;
  readonly tolerance: number;
  readonly pollEvery: number;
  readonly staleFor: number;
  readonly onFault: (fault: unknown) => void;
}

export interface StatusList {
  /** Why a token of this grant is not good, if it is not. */
  judge(token: { readonly grant: unknown; readonly issuedAt: number }): Promise<Reason | undefined>;
}

interface Ended {
  readonly grants: ReadonlySet<string>;
  readonly issuedAt: number;
  /** Grants that ended before are no longer listed: their tokens expired since (seconds). */
  readonly since: number;
}

const TYPE = 'statuslist+jwt';
const MOST_BYTES = 32 * 1024 * 1024;

export function createStatusList(options: StatusOptions): StatusList {
  const { address, fetch, now, pollEvery, staleFor } = options;
  const kept = createKept<Ended>({
    now,
    freshFor: pollEvery,
    staleFor,
    cooldown: pollEvery,
    retryAfter: Math.min(pollEvery, 1_000),
    onFault: options.onFault,
    async load(previous) {
      const began = now();
      const text = await fetchText(fetch, address, `application/${TYPE}`, MOST_BYTES);
      const ended = await readList(text.trim(), options);
      if (previous !== undefined && ended.issuedAt < previous.issuedAt) {
        throw new Error(`${address} went back to an earlier list.`);
      }
      return { value: ended, at: Math.min(began, ended.issuedAt * 1000) };
    },
  });

  return {
    async judge({ grant, issuedAt }) {
      if (typeof grant !== 'string' || grant === '') return 'grant-unknown';
      const ended = await kept.get();
      if (ended === undefined) return 'status-unavailable';
      if (ended.grants.has(grant)) return 'grant-ended';
      // Its end, if it had one, may have left the list already.
      return issuedAt < ended.since ? 'grant-unknown' : undefined;
    },
  };
}

async function readList(text: string, { keys, issuer, now, tolerance }: StatusOptions) {
  const { alg, kid } = decodeProtectedHeader(text);
  const found = await keys.find(kid ?? '');
  if (found.found !== 'key') throw new Error('The status list is signed by a key not known.');
  if (found.key.alg !== alg) throw new Error('The status list is signed with another algorithm.');
  const { payload } = await jwtVerify(text, found.key.key, {
    algorithms: [found.key.alg],
    typ: TYPE,
    issuer,
    requiredClaims: ['iat', 'exp'],
    currentDate: new Date(now()),
    clockTolerance: tolerance / 1000,
  });
  const { ended, iat = 0, since = 0 } = payload;
  if (!Array.isArray(ended) || !ended.every((grant) => typeof grant === 'string')) {
    throw new Error('The status list has no list of ended grants.');
  }
  if (typeof since !== 'number') throw new Error('The status list does not say since when.');
  if (iat * 1000 > now() + tolerance) throw new Error('The status list is of a time to come.');
  return { grants: new Set<string>(ended), issuedAt: iat, since } satisfies Ended;
}
