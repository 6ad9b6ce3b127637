/** A form sent to an address that an administrator wrote down: HTTPS alone, no redirect followed, nothing read but the status. */
import { request } from 'node:https';
import { SECOND } from '../kernel/clock.ts';
import type { Later } from '../kernel/later.ts';

/** Whether it was taken. */
export type PostForm = (url: string, fields: Readonly<Record<string, string>>) => Promise<boolean>;

const LONGEST = 5 * SECOND;

export function createPostForm({ later }: { readonly later: Later }): PostForm {
  return (text, fields) => {
    const url = URL.parse(text);
    if (url?.protocol !== 'https:') return Promise.resolve(false);
    const body = new URLSearchParams(fields).toString();
    return new Promise((resolve) => {
      const sent = request(
        url,
        {
          method: 'POST',
          agent: false,
          headers: {
            'content-type': 'application/x-www-form-urlencoded',
            'content-length': Buffer.byteLength(body),
            'user-agent': 'sallyport',
          },
        },
        (answer) => {
          resolve(answer.statusCode === 200 || answer.statusCode === 204);
          answer.destroy();
        },
      );
      const cancel = later(LONGEST, () => sent.destroy());
      sent.on('error', () => resolve(false));
      sent.on('close', () => {
        cancel();
        resolve(false); // Nothing more, where it was answered.
      });
      sent.end(body);
    });
  };
}
