/**
 * One answer from an address that came from outside (outside-address.ts): of status 200, as it is. Redirects are not followed,
 * nothing is unpacked, and there are bounds on its bytes and on the time from the first question to the last byte.
 */
import type { LookupAddress } from 'node:dns';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Later } from '../kernel/later.ts';
import { failed, ok, type Result } from '../kernel/result.ts';
import { connectingTo, type OutsideRule, outsideAddresses } from './outside-address.ts';

export interface FetchBounds {
  readonly accept: string;
  readonly largest: number;
  /** Milliseconds for the whole of it, the name's looking up too. */
  readonly longest: number;
}

/** What was sent, or why nothing was got, for logs. */
export type FetchOutside = (url: URL) => Promise<Result<Buffer, string>>;

export function createFetchOutside(
  deps: OutsideRule & { readonly later: Later },
  { accept, largest, longest }: FetchBounds,
): FetchOutside {
  function get(url: URL, addresses: readonly LookupAddress[], until: AbortSignal) {
    return new Promise<Result<Buffer, string>>((resolve) => {
      const end = (why: string) => resolve(failed(why));
      const options = {
        ...connectingTo(addresses, deps),
        method: 'GET',
        signal: until,
        headers: { accept, 'accept-encoding': 'identity', 'user-agent': 'sallyport' },
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
        if (length !== undefined && Number(length) > largest) return refuse('it is too large');
        const parts: Buffer[] = [];
        let size = 0;
        answer.on('data', (part: Buffer) => {
          size += part.length;
          if (size > largest) refuse('it is too large');
          else parts.push(part);
        });
        // Cut short is no end.
        answer.on('end', () =>
          answer.complete ? resolve(ok(Buffer.concat(parts))) : end('it broke off'),
        );
        answer.on('error', () => end('it broke off'));
        answer.on('close', () => end('it broke off'));
      });
      request.on('error', (error: NodeJS.ErrnoException) =>
        end(until.aborted ? 'it took too long' : `it can’t be reached (${error.code ?? 'error'})`),
      );
      request.end();
    });
  }

  return async (url) => {
    const abort = new AbortController();
    const tooLong = new Promise<string>((resolve) => {
      abort.signal.addEventListener('abort', () => resolve('it took too long'));
    });
    const cancel = deps.later(longest, () => abort.abort());
    try {
      const addresses = await Promise.race([outsideAddresses(url.hostname, deps), tooLong]);
      if (typeof addresses === 'string') return failed(addresses);
      const late = tooLong.then((why) => failed(why));
      return await Promise.race([get(url, addresses, abort.signal), late]);
    } finally {
      cancel();
      abort.abort();
    }
  };
}
