/**
 * A form sent to an address that somebody wrote down, by the rule of all such addresses (outside-address.ts): HTTPS alone, to what is
 * public or named in the configuration, within one time from the first question on. No redirect is followed, and nothing is read but
 * the status.
 */
import type { LookupAddress } from 'node:dns';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { SECOND } from '../kernel/clock.ts';
import type { Later } from '../kernel/later.ts';
import {
  connectingTo,
  type OutsideRule,
  outsideAddresses,
  readOutsideUrl,
} from './outside-address.ts';

/** Whether it was taken. With a bearer token the fields go as JSON, as OpenID Connect CIBA Core §10.2 has them. */
export type PostForm = (
  url: string,
  fields: Readonly<Record<string, string>>,
  bearer?: string,
) => Promise<boolean>;

export interface PostFormDeps extends OutsideRule {
  readonly later: Later;
}

export const LONGEST_POST = 5 * SECOND;

export function createPostForm(deps: PostFormDeps): PostForm {
  const { later } = deps;

  function send(
    url: URL,
    addresses: readonly LookupAddress[],
    { body, headers }: ReturnType<typeof written>,
    until: AbortSignal,
  ) {
    return new Promise<boolean>((resolve) => {
      const options = {
        ...connectingTo(addresses, deps),
        method: 'POST',
        signal: until,
        headers: {
          ...headers,
          'content-length': Buffer.byteLength(body),
          'user-agent': 'sallyport',
        },
      };
      const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
      const sent = request(url, options, (answer) => {
        resolve(answer.statusCode === 200 || answer.statusCode === 204);
        answer.destroy();
      });
      sent.on('error', () => resolve(false));
      sent.on('close', () => resolve(false)); // Nothing more, where it was answered.
      sent.end(body);
    });
  }

  return async (text, fields, bearer) => {
    const url = readOutsideUrl(text, deps);
    if (typeof url === 'string') return false;
    const abort = new AbortController();
    const tooLong = new Promise<string>((resolve) => {
      abort.signal.addEventListener('abort', () => resolve('it took too long'));
    });
    const cancel = later(LONGEST_POST, () => abort.abort());
    try {
      const addresses = await Promise.race([outsideAddresses(url.hostname, deps), tooLong]);
      if (typeof addresses === 'string') return false;
      return await send(url, addresses, written(fields, bearer), abort.signal);
    } finally {
      cancel();
    }
  };
}

function written(fields: Readonly<Record<string, string>>, bearer: string | undefined) {
  return bearer === undefined
    ? {
        body: new URLSearchParams(fields).toString(),
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      }
    : {
        body: JSON.stringify(fields),
        headers: { 'content-type': 'application/json', authorization: `Bearer ${bearer}` },
      };
}
