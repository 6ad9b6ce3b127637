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
import type { LookupAddress } from 'node:dns';
import { lookup as systemLookup } from 'node:dns/promises';
import { request as httpRequest, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { fromUtf8 } from '../kernel/bytes.ts';
import { type Clock, HOUR, MINUTE, SECOND } from '../kernel/clock.ts';
import type { Later } from '../kernel/later.ts';
import type { Networks } from '../kernel/networks.ts';
import { failed, ok, type Result } from '../kernel/result.ts';
import { isPublicAddress } from './public-address.ts';

export interface SafeFetchDeps {
  readonly clock: Clock;
  readonly later: Later;
  /** In place of the system's own. */
  readonly lookup?: (name: string) => Promise<readonly LookupAddress[]>;
  /** Networks that may be called though they are not public, as the configuration names them. */
  readonly allowed?: Networks | undefined;
  /** For tests alone: plain HTTP, and authorities of the test's own. */
  readonly plain?: boolean;
  readonly ca?: string | undefined;
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
const MOST_KEPT = 256;
const MOST_AT_ONCE = 16;
const LONGEST_URL = 2048;

interface Kept {
  readonly text: string | undefined;
  /** When the text was got. */
  readonly gotAt: number;
  /** When it was last tried. */
  readonly triedAt: number;
  readonly why: string;
}

export function createSafeFetch(deps: SafeFetchDeps): SafeFetch {
  const { clock, later, allowed, plain = false, ca } = deps;
  const lookup = deps.lookup ?? ((name: string) => systemLookup(name, { all: true }));
  const kept = new Map<string, Kept>();
  const running = new Map<string, Promise<Kept>>();

  function read(text: string): URL | string {
    if (text.length > LONGEST_URL || !URL.canParse(text)) return 'it is no address';
    const url = new URL(text);
    if (url.protocol !== 'https:' && !(plain && url.protocol === 'http:')) return 'it is not https';
    if (url.username !== '' || url.password !== '') return 'it has a name or password in it';
    return url;
  }

  const mayCall = (address: string) => isPublicAddress(address) || allowed?.(address) === true;

  async function addressesOf(host: string): Promise<readonly LookupAddress[] | string> {
    const literal = host.replace(/^\[(.*)\]$/, '$1');
    const family = isIP(literal);
    let found: readonly LookupAddress[];
    try {
      found = family === 0 ? await lookup(host) : [{ address: literal, family }];
    } catch {
      return 'its name is not known'; // The resolver tells by throwing what is an expected outcome here.
    }
    if (found.length === 0) return 'its name is not known';
    // One address of our own among others would do for who tries often enough.
    return found.every(({ address }) => mayCall(address))
      ? found
      : 'it is not on the public internet';
  }

  function get(url: URL, addresses: readonly LookupAddress[], until: AbortSignal) {
    return new Promise<Result<string, string>>((resolve) => {
      const end = (why: string) => resolve(failed(why));
      const [first] = addresses;
      if (first === undefined) return end('its name is not known');
      const options: RequestOptions & { ca?: string } = {
        method: 'GET',
        agent: false,
        signal: until,
        maxHeaderSize: 16_384,
        headers: {
          accept: 'application/jwk-set+json, application/json',
          'accept-encoding': 'identity',
          'user-agent': 'sallyport',
        },
        // Asked in place of the resolver: the connection goes where we looked.
        lookup: (_name, { all }, done) => {
          if (all) done(null, [...addresses]);
          else done(null, first.address, first.family);
        },
        ...(ca === undefined ? {} : { ca }),
      };
      const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
      const request = send(url, options, (answer) => {
        const refuse = (why: string) => {
          answer.destroy();
          end(why);
        };
        if (answer.statusCode !== 200) return refuse(`it answered with ${answer.statusCode}`);
        const { 'content-encoding': packed, 'content-length': length } = answer.headers;
        if (packed !== undefined && packed !== 'identity')
          return refuse('it sent something packed');
        if (length !== undefined && Number(length) > LARGEST_ANSWER)
          return refuse('it is too large');
        const parts: Buffer[] = [];
        let size = 0;
        answer.on('data', (part: Buffer) => {
          size += part.length;
          if (size > LARGEST_ANSWER) refuse('it is too large');
          else parts.push(part);
        });
        answer.on('end', () => {
          // Cut short is no end.
          if (!answer.complete) return end('it broke off');
          try {
            resolve(ok(fromUtf8(Buffer.concat(parts))));
          } catch {
            end('it is not UTF-8'); // Bytes of strangers: an expected outcome.
          }
        });
        answer.on('error', () => end('it broke off'));
        answer.on('close', () => end('it broke off'));
      });
      request.on('error', (error: NodeJS.ErrnoException) =>
        end(until.aborted ? 'it took too long' : `it can't be reached (${error.code ?? 'error'})`),
      );
      request.end();
    });
  }

  /** The whole of it within one time, the name's looking up too. */
  async function attempt(url: URL): Promise<Result<string, string>> {
    const abort = new AbortController();
    const tooLong = new Promise<string>((resolve) => {
      abort.signal.addEventListener('abort', () => resolve('it took too long'));
    });
    const cancel = later(LONGEST_FETCH, () => abort.abort());
    try {
      const addresses = await Promise.race([addressesOf(url.hostname), tooLong]);
      if (typeof addresses === 'string') return failed(addresses);
      const late = tooLong.then((why) => failed(why));
      return await Promise.race([get(url, addresses, abort.signal), late]);
    } finally {
      cancel();
      abort.abort();
    }
  }

  async function renew(text: string, url: URL, before: Kept | undefined): Promise<Kept> {
    const got = await attempt(url);
    const now = clock.now();
    const entry: Kept = got.ok
      ? { text: got.value, gotAt: now, triedAt: now, why: '' }
      : { text: before?.text, gotAt: before?.gotAt ?? 0, triedAt: now, why: got.error };
    const oldest = kept.size >= MOST_KEPT ? kept.keys().next() : undefined;
    if (oldest?.done === false) kept.delete(oldest.value);
    kept.set(text, entry);
    return entry;
  }

  function answer({ text, gotAt, triedAt, why }: Kept): Result<string, FetchFault> {
    if (text !== undefined && clock.now() < gotAt + USABLE) return ok(text);
    return failed({ why, retryAt: triedAt + EVERY });
  }

  return async (text, { newer = false } = {}) => {
    const url = read(text);
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
